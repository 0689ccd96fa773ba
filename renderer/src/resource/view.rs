//! Views: how shaders and framebuffers see a texture.
//!
//! A view of a whole resource in its own format uses the resource's texture itself. Any
//! other gets a GL texture view, where the host has them, so that two views of one
//! texture never fight over its parameters.

use std::rc::Rc;

use super::mirror::BufferMirror;
use super::texture::{TextureStorage, gl_target, set_swizzle};
use super::{Resource, next_serial};
use crate::context::error::CommandError;
use crate::gl::host::Feature;
use crate::gl::{Gl, Texture};
use crate::host::Host;
use crate::protocol::formats::{FormatId, FormatInfo};
use crate::protocol::objects;
use crate::protocol::values::{Swizzle, TextureTarget};

/// A texture as a sampler sees it.
pub struct TextureView {
    /// What is viewed.
    pub resource: Rc<Resource>,
    /// A texture of its own, if the resource's cannot serve.
    own: Option<Texture>,
    /// A copy of the buffer, on hosts without buffer textures.
    mirror: Option<BufferMirror>,
    target: u32,
    swizzle: [Swizzle; 4],
    /// Shaders read integers.
    pub is_integer: bool,
    /// Shaders read depth.
    pub is_depth: bool,
    /// Texels are encoded as sRGB.
    pub is_srgb: bool,
    /// Mip levels that the view has.
    pub levels: u32,
}

impl TextureView {
    /// Makes the view that a guest asks for.
    ///
    /// # Errors
    /// If its bounds or format do not suit the resource, or the host cannot make it.
    pub fn new(
        host: &Host,
        resource: Rc<Resource>,
        view: &objects::SamplerView,
    ) -> Result<Self, CommandError> {
        let info = view.format.check()?;
        if resource.shape().target == TextureTarget::Buffer {
            return Self::of_buffer(host, resource, view, info);
        }
        let Some(texture) = resource.texture() else {
            return Err(CommandError::WrongResource {
                id: view.resource,
                wanted: "texture",
            });
        };
        if !texture.is_sampled() {
            return Err(CommandError::Unsupported("sampling depth on this host"));
        }
        let (first_level, last_level) = view.bounds.levels();
        let last_level = last_level.min(texture.levels() - 1);
        let shape_target = view.target.unwrap_or(resource.shape().target);
        let all_layers = match resource.shape().target {
            TextureTarget::Texture3d => 1,
            _ => resource.shape().layers,
        };
        let (first_layer, last_layer) = view.bounds.layers();
        let last_layer = last_layer.min(all_layers - 1);
        if first_level > last_level || first_layer > last_layer {
            return Err(CommandError::OutOfRange("level or layer of a sampler view"));
        }
        let own_swizzle = view_format_swizzle(host, view.format, texture);
        let swizzle = Swizzle::compose(view.swizzle, own_swizzle);
        let stencil = info.is_stencil() && !info.is_depth();
        let target = gl_target(shape_target, texture.samples() > 0);
        let internal = view_internal(host, texture, view.format, &resource);
        let whole = target == texture.target()
            && first_level == 0
            && last_level + 1 == texture.levels()
            && first_layer == 0
            && last_layer + 1 == all_layers;
        let plain = whole
            && internal == texture.format().internal
            && swizzle == texture.format().swizzle
            && !stencil;
        let own = if plain {
            None
        } else if host.gl.is_es20() {
            // Shaders apply the swizzle; levels cannot be left out.
            let same =
                target == texture.target() && first_layer == 0 && last_layer + 1 == all_layers;
            if !same || stencil {
                return Err(CommandError::Unsupported("a view of a part of a texture"));
            }
            None
        } else {
            let bounds = Bounds {
                first_level,
                levels: last_level - first_level + 1,
                first_layer,
                layers: last_layer - first_layer + 1,
            };
            let made = make_view(host, texture, target, internal, &bounds);
            if let Some(own) = &made {
                host.gl.edit_texture(target, own.name());
                set_view_parameters(&host.gl, target, swizzle, stencil);
            } else if !whole {
                return Err(CommandError::Unsupported("a view of a part of a texture"));
            } else {
                // The parameters of the texture itself then have to serve.
                host.gl.edit_texture(texture.target(), texture.name());
                set_view_parameters(&host.gl, texture.target(), swizzle, stencil);
            }
            made
        };
        Ok(Self {
            own,
            mirror: None,
            target,
            swizzle,
            is_integer: info.is_integer() || stencil,
            is_depth: info.is_depth(),
            is_srgb: info.is_srgb(),
            levels: last_level - first_level + 1,
            resource,
        })
    }

    fn of_buffer(
        host: &Host,
        resource: Rc<Resource>,
        view: &objects::SamplerView,
        info: &FormatInfo,
    ) -> Result<Self, CommandError> {
        let format = view
            .format
            .gl()
            .ok_or(CommandError::Unsupported("a buffer texture of this format"))?;
        let Some(buffer) = resource.gl_buffer() else {
            return Err(CommandError::WrongResource {
                id: view.resource,
                wanted: "buffer",
            });
        };
        let (first, last) = view.bounds.elements();
        let bytes = u64::from(info.block.bytes);
        let size = u64::from(resource.desc().width);
        let start = u64::from(first) * bytes;
        let end = ((u64::from(last) + 1) * bytes).min(size);
        if start >= end {
            return Err(CommandError::OutOfRange("element of a buffer view"));
        }
        let swizzle = Swizzle::compose(view.swizzle, format.swizzle);
        let (mut own, mut mirror) = (None, None);
        if host.caps.has(Feature::TextureBuffer) {
            let texture = Texture::new(&host.gl).map_err(CommandError::Host)?;
            host.gl.edit_texture(glow::TEXTURE_BUFFER, texture.name());
            host.gl
                .tex_buffer_range(format.internal, buffer, start, end - start);
            own = Some(texture);
        } else {
            let count = (end - start) / bytes;
            let [start, count] = [start, count].map(|value| value as u32);
            let bytes = u32::from(info.block.bytes);
            mirror = Some(BufferMirror::new(
                host, format, bytes, start, count, swizzle,
            )?);
        }
        Ok(Self {
            target: match own {
                Some(_) => glow::TEXTURE_BUFFER,
                None => glow::TEXTURE_2D,
            },
            own,
            mirror,
            swizzle,
            is_integer: info.is_integer(),
            is_depth: false,
            is_srgb: info.is_srgb(),
            levels: 1,
            resource,
        })
    }

    /// Width and height of the texture in texels.
    pub fn size(&self) -> (u32, u32) {
        let shape = self.resource.shape();
        (shape.width, shape.height)
    }

    /// Binds the view's texture to a unit.
    pub fn bind(&self, gl: &Gl, unit: u32) {
        if let Some(mirror) = &self.mirror {
            gl.bind_texture(unit, self.target, Some(mirror.texture()));
            return;
        }
        let name = match (&self.own, self.resource.texture()) {
            (Some(own), _) => Some(own.name()),
            (None, Some(texture)) => Some(texture.name()),
            (None, None) => None,
        };
        gl.bind_texture(unit, self.target, name);
    }

    /// The copy of the buffer that this shows, on hosts without buffer textures.
    pub fn mirror(&self) -> Option<&BufferMirror> {
        self.mirror.as_ref()
    }

    /// The swizzle that shader and texture together apply.
    pub fn swizzle(&self) -> [Swizzle; 4] {
        self.swizzle
    }

    /// Samples a texel, at least 1.
    pub fn samples(&self) -> u32 {
        self.resource
            .texture()
            .map_or(1, |texture| texture.samples().max(1))
    }

    /// True if a shader must apply the swizzle, because a comparison's result or a
    /// buffer's texel does not pass through the texture's.
    pub fn needs_shader_swizzle(&self) -> bool {
        if self.target == glow::TEXTURE_BUFFER {
            return self.swizzle != Swizzle::IDENTITY;
        }
        if self.mirror.is_some() {
            return false;
        }
        let [r, g, b, a] = self.swizzle;
        !(r == g && g == b && b == a) && self.swizzle != Swizzle::IDENTITY
    }
}

/// Part of a texture.
struct Bounds {
    first_level: u32,
    levels: u32,
    first_layer: u32,
    layers: u32,
}

/// The swizzle that makes the stored channels those of the view's format.
fn view_format_swizzle(host: &Host, format: FormatId, texture: &TextureStorage) -> [Swizzle; 4] {
    host.formats
        .gl(format)
        .map_or(texture.format().swizzle, |gl| gl.swizzle)
}

/// The internal format of a view; that of the texture where the view's cannot be used.
fn view_internal(
    host: &Host,
    texture: &TextureStorage,
    format: FormatId,
    resource: &Resource,
) -> u32 {
    let stored = texture.format();
    let depth = resource
        .shape()
        .info()
        .is_some_and(|info| info.is_depth_stencil());
    match host.formats.gl(format) {
        Some(gl) if !depth && host.caps.has(Feature::TextureView) => gl.internal,
        _ => stored.internal,
    }
}

fn set_view_parameters(gl: &Gl, target: u32, swizzle: [Swizzle; 4], stencil: bool) {
    if target != glow::TEXTURE_2D_MULTISAMPLE && target != glow::TEXTURE_2D_MULTISAMPLE_ARRAY {
        gl.tex_parameter_i32(target, glow::TEXTURE_MIN_FILTER, glow::NEAREST as i32);
        gl.tex_parameter_i32(target, glow::TEXTURE_MAG_FILTER, glow::NEAREST as i32);
    }
    set_swizzle(gl, target, swizzle);
    if stencil {
        let mode = glow::STENCIL_INDEX as i32;
        gl.tex_parameter_i32(target, glow::DEPTH_STENCIL_TEXTURE_MODE, mode);
    }
}

fn make_view(
    host: &Host,
    texture: &TextureStorage,
    target: u32,
    internal: u32,
    bounds: &Bounds,
) -> Option<Texture> {
    if !host.caps.has(Feature::TextureView) {
        return None;
    }
    let view = Texture::new(&host.gl).ok()?;
    host.gl.take_error();
    let (levels, layers) = (
        (bounds.first_level, bounds.levels),
        (bounds.first_layer, bounds.layers),
    );
    host.gl
        .texture_view(&view, target, texture.name(), internal, levels, layers);
    match host.gl.take_error() {
        None => Some(view),
        Some(error) => {
            log::debug!("no texture view with format {internal:#x}: GL error {error:#x}");
            None
        }
    }
}

/// What a shader must do about sRGB before it writes to a surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Nothing: the host encodes if the guest wants it.
    Right,
    /// Undo the encoding that the host will do.
    Undo,
    /// Encode.
    Do,
}

/// A texture as a framebuffer sees it.
pub struct SurfaceView {
    /// What is drawn to.
    pub resource: Rc<Resource>,
    /// Number that no other surface of this thread has had.
    pub serial: u64,
    /// The format that draws see.
    pub format: FormatId,
    /// Its description.
    pub info: &'static FormatInfo,
    /// Mip level.
    pub level: u32,
    /// First layer.
    pub first_layer: u32,
    /// Last layer; all are attached if there is more than one.
    pub last_layer: u32,
    own: Option<Texture>,
    encoding: Encoding,
}

impl SurfaceView {
    /// Makes the surface that a guest asks for.
    ///
    /// # Errors
    /// If its bounds or format do not suit the resource.
    pub fn new(
        host: &Host,
        resource: Rc<Resource>,
        surface: &objects::Surface,
    ) -> Result<Self, CommandError> {
        let info = surface.format.check()?;
        let Some(texture) = resource.texture() else {
            return Err(CommandError::WrongResource {
                id: surface.resource,
                wanted: "texture",
            });
        };
        let level = resource
            .shape()
            .level(surface.level)
            .map_err(|_| CommandError::OutOfRange("level of a surface"))?;
        if surface.level > 0 && !host.caps.has(Feature::RenderMipmap) {
            return Err(CommandError::Unsupported("drawing to a mip level"));
        }
        let layers = match resource.shape().target {
            TextureTarget::Texture3d => level.depth,
            _ => resource.shape().layers,
        };
        let last_layer = if host.gl.is_es20() {
            // One layer can be attached.
            surface.first_layer.min(layers - 1)
        } else {
            surface.last_layer.min(layers - 1)
        };
        if surface.first_layer > last_layer {
            return Err(CommandError::OutOfRange("layer of a surface"));
        }
        let internal = host
            .formats
            .gl(surface.format)
            .map_or(texture.format().internal, |gl| gl.internal);
        let differs = internal != texture.format().internal && !info.is_depth_stencil();
        let volume = resource.shape().target == TextureTarget::Texture3d;
        let several = surface.first_layer != last_layer;
        // GL attaches one layer or all: some are all of a view.
        let some = several && !volume && (surface.first_layer, last_layer) != (0, layers - 1);
        let own = if differs || some {
            let bounds = Bounds {
                first_level: 0,
                levels: texture.levels(),
                first_layer: if some { surface.first_layer } else { 0 },
                layers: match (volume, some) {
                    (true, _) => 1,
                    (false, true) => last_layer - surface.first_layer + 1,
                    (false, false) => layers,
                },
            };
            let internal = if differs {
                internal
            } else {
                texture.format().internal
            };
            let target = match texture.target() {
                // Some faces of a cube are no cube.
                glow::TEXTURE_CUBE_MAP | glow::TEXTURE_CUBE_MAP_ARRAY if some => {
                    glow::TEXTURE_2D_ARRAY
                }
                target => target,
            };
            make_view(host, texture, target, internal, &bounds)
        } else {
            None
        };
        let encoding = match (texture.format().internal, internal) {
            _ if !differs || own.is_some() => Encoding::Right,
            (glow::SRGB8_ALPHA8, glow::RGBA8) => Encoding::Undo,
            (glow::RGBA8, glow::SRGB8_ALPHA8) => Encoding::Do,
            _ => Encoding::Right,
        };
        Ok(Self {
            serial: next_serial(),
            format: surface.format,
            info,
            level: surface.level,
            first_layer: surface.first_layer,
            last_layer,
            own,
            encoding,
            resource,
        })
    }

    /// What shaders must do about sRGB.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Width and height of the level.
    pub fn size(&self) -> (u32, u32) {
        let level = self.resource.shape().level(self.level);
        level.map_or((1, 1), |level| (level.width, level.height))
    }

    /// Samples a pixel, 0 without multisampling.
    pub fn samples(&self) -> u32 {
        self.resource.texture().map_or(0, TextureStorage::samples)
    }

    /// True if alpha is stored though the format has none.
    pub fn hides_alpha(&self) -> bool {
        self.format.gl().is_some_and(|gl| gl.hides_alpha())
    }

    /// Attaches the surface to the bound draw framebuffer.
    pub fn attach(&self, gl: &Gl, attachment: u32) {
        let Some(texture) = self.resource.texture() else {
            return;
        };
        let name = self.own.as_ref().map_or(texture.name(), Texture::name);
        if !texture.is_sampled() {
            texture.attach_layer(gl, glow::DRAW_FRAMEBUFFER, attachment, 0, 0);
            return;
        }
        let level = self.level as i32;
        if self.first_layer != self.last_layer {
            gl.framebuffer_texture(glow::DRAW_FRAMEBUFFER, attachment, Some(name), level);
            return;
        }
        let target = match texture.target() {
            glow::TEXTURE_2D | glow::TEXTURE_2D_MULTISAMPLE => texture.target(),
            glow::TEXTURE_CUBE_MAP => texture.image_target(self.first_layer),
            _ => {
                let layer = self.first_layer as i32;
                let binding = glow::DRAW_FRAMEBUFFER;
                gl.framebuffer_texture_layer(binding, attachment, Some(name), level, layer);
                return;
            }
        };
        gl.framebuffer_texture_2d(
            glow::DRAW_FRAMEBUFFER,
            attachment,
            target,
            Some(name),
            level,
        );
    }
}

/// A texture as the source of a drawn blit.
pub struct BlitView<'a> {
    texture: &'a TextureStorage,
    own: Option<Texture>,
    swizzle: [Swizzle; 4],
    stencil: bool,
}

impl<'a> BlitView<'a> {
    /// Makes the view. `stencil` reads the stencil values of a depth-stencil texture.
    ///
    /// # Errors
    /// If the resource is no texture.
    pub fn new(
        host: &Host,
        resource: &'a Resource,
        format: FormatId,
        stencil: bool,
    ) -> Result<Self, CommandError> {
        let Some(texture) = resource.texture() else {
            return Err(CommandError::WrongResource {
                id: resource.id(),
                wanted: "texture",
            });
        };
        if !texture.is_sampled() && !stencil {
            return Err(CommandError::Unsupported("a blit of depth on this host"));
        }
        let internal = view_internal(host, texture, format, resource);
        let own = if internal == texture.format().internal {
            None
        } else {
            let bounds = Bounds {
                first_level: 0,
                levels: texture.levels(),
                first_layer: 0,
                layers: match resource.shape().target {
                    TextureTarget::Texture3d => 1,
                    _ => resource.shape().layers,
                },
            };
            make_view(host, texture, texture.target(), internal, &bounds)
        };
        let swizzle = match &own {
            Some(own) => {
                host.gl.edit_texture(texture.target(), own.name());
                let swizzle = Swizzle::IDENTITY;
                set_view_parameters(&host.gl, texture.target(), swizzle, false);
                swizzle
            }
            None if host.gl.is_es20() => Swizzle::IDENTITY,
            None => texture.format().swizzle,
        };
        Ok(Self {
            texture,
            own,
            swizzle,
            stencil: stencil && resource.shape().info().is_some_and(FormatInfo::is_depth),
        })
    }

    /// The swizzle that reading the view applies.
    pub fn swizzle(&self) -> [Swizzle; 4] {
        self.swizzle
    }

    /// Binds the view to a unit, the scratch unit if its stencil is wanted.
    pub fn bind(&self, gl: &Gl, unit: u32) {
        let name = self.own.as_ref().map_or(self.texture.name(), Texture::name);
        if self.stencil {
            self.set_stencil_mode(gl, glow::STENCIL_INDEX);
        }
        gl.bind_texture(unit, self.texture.target(), Some(name));
    }

    fn set_stencil_mode(&self, gl: &Gl, mode: u32) {
        let target = self.texture.target();
        gl.edit_texture(target, self.texture.name());
        gl.tex_parameter_i32(target, glow::DEPTH_STENCIL_TEXTURE_MODE, mode as i32);
    }

    /// Gives the texture back as it was.
    pub fn release(&self, gl: &Gl) {
        if self.stencil {
            self.set_stencil_mode(gl, glow::DEPTH_COMPONENT);
        }
    }
}
