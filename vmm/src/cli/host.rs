//! Which of the host's GL to render with, for the commands that need no VM.

use clap::{Args, ValueEnum};
use maro_renderer::gl::host::{Feature, FeatureSet, Limit, Version};
use maro_renderer::gl::platform::Api;
use maro_renderer::renderer::Config;

use crate::config::values::MemorySize;
use crate::memory::default_gpu_memory;

/// Options of the host's GL.
#[derive(Debug, Args)]
pub struct HostOptions {
    /// The GL to render with
    #[arg(long, value_name = "API", value_enum, default_value_t = HostApi::Auto)]
    host: HostApi,

    /// Use no more of the host than this version of OpenGL ES: 2.0, 3.0, 3.1 or 3.2
    #[arg(long, value_name = "VERSION", value_parser = parse_gles_version)]
    gles_version: Option<Version>,

    /// Do without these features of the host, to try what stands in for them
    #[arg(long, value_name = "FEATURE,…", value_delimiter = ',', value_parser = parse_feature)]
    without: Vec<Feature>,

    /// Host memory for a client's resources [default: half of the host's]
    #[arg(long, value_name = "SIZE")]
    gpu_memory: Option<MemorySize>,
}

impl HostOptions {
    /// The renderer that was asked for.
    pub fn config(&self) -> Config {
        Config {
            api: self.host.into(),
            limit: Limit {
                gles: self.gles_version,
                without: self.without.iter().copied().collect::<FeatureSet>(),
            },
            gpu_memory: self
                .gpu_memory
                .map_or_else(default_gpu_memory, |size| size.bytes),
        }
    }
}

/// Which GL a host is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HostApi {
    /// OpenGL ES if there is any, else desktop OpenGL
    Auto,
    /// OpenGL ES
    Gles,
    /// Desktop OpenGL
    Gl,
}

impl From<HostApi> for Api {
    fn from(api: HostApi) -> Self {
        match api {
            HostApi::Auto => Self::Auto,
            HostApi::Gles => Self::Gles,
            HostApi::Gl => Self::Gl,
        }
    }
}

fn parse_gles_version(text: &str) -> Result<Version, String> {
    match text {
        "2.0" => Ok(Version::new(2, 0)),
        "3.0" => Ok(Version::new(3, 0)),
        "3.1" => Ok(Version::new(3, 1)),
        "3.2" => Ok(Version::new(3, 2)),
        _ => Err(format!("`{text}` is not one of 2.0, 3.0, 3.1 and 3.2")),
    }
}

fn parse_feature(text: &str) -> Result<Feature, String> {
    Feature::from_name(text).ok_or_else(|| {
        let names: Vec<String> = Feature::all().map(Feature::name).collect();
        format!("there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_gles_version_takes_those_that_there_are() {
        assert_eq!(parse_gles_version("3.1"), Ok(Version::new(3, 1)));
        assert_eq!(parse_gles_version("2.0"), Ok(Version::new(2, 0)));
        for wrong in ["1.1", "3.3", "3", ""] {
            assert!(parse_gles_version(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parse_feature_unknown_lists_those_that_there_are() {
        assert_eq!(parse_feature("texture-buffer"), Ok(Feature::TextureBuffer));
        let error = parse_feature("teapots").unwrap_err();
        assert!(
            error.contains("draw-buffers-indexed, copy-image"),
            "{error}"
        );
    }
}
