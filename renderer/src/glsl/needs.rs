//! What each host feature is called and since when it is part of the language.

use super::profile::{Features, GlslVersion};

/// One feature.
pub(super) struct Need {
    feature: Features,
    /// First ES version that contains it.
    core: Option<GlslVersion>,
    /// Names for `#extension`.
    pub(super) extensions: &'static [&'static str],
    /// For messages.
    pub(super) description: &'static str,
}

const fn need(
    feature: Features,
    core: Option<GlslVersion>,
    extensions: &'static [&'static str],
    description: &'static str,
) -> Need {
    Need {
        feature,
        core,
        extensions,
        description,
    }
}

const NOTHING: Need = need(Features::empty(), None, &[], "a feature without a name");

static NEEDS: &[Need] = {
    const ES300: Option<GlslVersion> = Some(GlslVersion::Es300);
    const ES310: Option<GlslVersion> = Some(GlslVersion::Es310);
    const ES320: Option<GlslVersion> = Some(GlslVersion::Es320);
    &[
        need(
            Features::STANDARD_DERIVATIVES,
            ES300,
            &["GL_OES_standard_derivatives"],
            "derivatives",
        ),
        need(
            Features::FRAG_DEPTH,
            ES300,
            &["GL_EXT_frag_depth"],
            "depth from fragment shaders",
        ),
        need(
            Features::SHADER_TEXTURE_LOD,
            ES300,
            &["GL_EXT_shader_texture_lod"],
            "explicit levels of detail in fragment shaders",
        ),
        need(
            Features::DRAW_BUFFERS,
            ES300,
            &["GL_EXT_draw_buffers"],
            "several colour buffers",
        ),
        need(
            Features::TEXTURE_3D,
            ES300,
            &["GL_OES_texture_3D"],
            "volume textures",
        ),
        need(
            Features::TEXTURE_MULTISAMPLE,
            ES310,
            &[],
            "multisample textures",
        ),
        need(
            Features::CLIP_CULL_DISTANCE,
            None,
            &["GL_EXT_clip_cull_distance"],
            "clip and cull distances",
        ),
        need(
            Features::BLEND_FUNC_EXTENDED,
            None,
            &["GL_EXT_blend_func_extended"],
            "dual-source blending",
        ),
        need(
            Features::GEOMETRY_SHADER,
            ES320,
            &["GL_EXT_shader_io_blocks", "GL_EXT_geometry_shader"],
            "geometry shaders",
        ),
        need(
            Features::GEOMETRY_POINT_SIZE,
            None,
            &["GL_EXT_geometry_point_size"],
            "point sizes in geometry shaders",
        ),
        need(
            Features::TESSELLATION_SHADER,
            ES320,
            &["GL_EXT_shader_io_blocks", "GL_EXT_tessellation_shader"],
            "tessellation shaders",
        ),
        need(
            Features::TESSELLATION_POINT_SIZE,
            None,
            &["GL_EXT_tessellation_point_size"],
            "point sizes in tessellation shaders",
        ),
        need(
            Features::TEXTURE_BUFFER,
            ES320,
            &["GL_EXT_texture_buffer"],
            "buffer textures",
        ),
        need(
            Features::TEXTURE_CUBE_MAP_ARRAY,
            ES320,
            &["GL_EXT_texture_cube_map_array"],
            "cube map arrays",
        ),
        need(
            Features::TEXTURE_SHADOW_LOD,
            None,
            &["GL_EXT_texture_shadow_lod"],
            "level of detail of shadow arrays",
        ),
        need(
            Features::TEXTURE_QUERY_LOD,
            None,
            &["GL_EXT_texture_query_lod"],
            "level-of-detail queries",
        ),
        need(
            Features::NOPERSPECTIVE,
            None,
            &["GL_NV_shader_noperspective_interpolation"],
            "linear interpolation",
        ),
        need(
            Features::NV_IMAGE_FORMATS,
            None,
            &["GL_NV_image_formats"],
            "image formats beyond those of GLES 3.1",
        ),
        need(
            Features::FRAMEBUFFER_FETCH,
            None,
            &["GL_EXT_shader_framebuffer_fetch"],
            "framebuffer fetch",
        ),
        need(
            Features::GROUP_VOTE,
            None,
            &["GL_EXT_shader_group_vote"],
            "votes of a group",
        ),
        need(
            Features::GPU_SHADER5,
            ES320,
            &["GL_EXT_gpu_shader5"],
            "the operations of gpu_shader5",
        ),
        need(
            Features::SAMPLE_VARIABLES,
            ES320,
            &["GL_OES_sample_variables"],
            "sample variables",
        ),
        need(
            Features::MULTISAMPLE_INTERPOLATION,
            ES320,
            &["GL_OES_shader_multisample_interpolation"],
            "interpolation at samples",
        ),
        need(
            Features::MULTISAMPLE_2D_ARRAY,
            ES320,
            &["GL_OES_texture_storage_multisample_2d_array"],
            "multisample array textures",
        ),
        need(
            Features::CONSERVATIVE_DEPTH,
            None,
            &["GL_EXT_conservative_depth"],
            "conservative depth",
        ),
        need(
            Features::VIEWPORT_ARRAY,
            None,
            &["GL_OES_viewport_array"],
            "several viewports",
        ),
        need(
            Features::IMAGE_ATOMIC,
            ES320,
            &["GL_OES_shader_image_atomic"],
            "atomic operations on images",
        ),
        need(
            Features::BLEND_EQUATION_ADVANCED,
            ES320,
            &["GL_KHR_blend_equation_advanced"],
            "advanced blend equations",
        ),
    ]
};

/// The row of a single feature.
pub(super) fn lookup(feature: Features) -> &'static Need {
    NEEDS
        .iter()
        .find(|need| need.feature == feature)
        .unwrap_or(&NOTHING)
}

/// True if the version contains the feature. Desktop GLSL 4.50 contains all but
/// framebuffer fetch, advanced blending and votes.
pub(super) fn in_core(feature: Features, version: GlslVersion) -> bool {
    if version.is_es() {
        return lookup(feature).core.is_some_and(|core| version >= core);
    }
    !feature.intersects(
        Features::FRAMEBUFFER_FETCH | Features::BLEND_EQUATION_ADVANCED | Features::GROUP_VOTE,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_feature_has_a_row() {
        for feature in Features::all().iter() {
            let no_syntax =
                Features::ROBUST_BUFFER_ACCESS | Features::SKIP_COMPONENTS | Features::WRITTEN_OUT;
            let only_core = Features::TEXTURE_MULTISAMPLE;
            if !(no_syntax | only_core).contains(feature) {
                assert!(!lookup(feature).extensions.is_empty(), "{feature:?}");
            }
            if !no_syntax.contains(feature) {
                assert_eq!(lookup(feature).feature, feature);
            }
        }
    }
}
