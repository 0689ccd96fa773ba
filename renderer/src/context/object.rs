//! State objects of a sub-context, by handle.
//!
//! Bound state holds its objects by reference count, so an object that a guest destroys
//! while it is bound stays usable until it is replaced.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::error::CommandError;
use crate::draw::shader::ShaderObject;
use crate::draw::vertex::VertexLayout;
use crate::protocol::ids::ObjectHandle;
use crate::protocol::state::{Blend, DepthStencilAlpha, Rasterizer};
use crate::query::QueryObject;
use crate::resource::sampler::SamplerObject;
use crate::resource::view::{SurfaceView, TextureView};
use crate::streamout::Target;

/// Objects that one sub-context may hold, against a guest that never destroys any.
const MAX_OBJECTS: usize = 1 << 18;

/// Spreads the small numbers that guests choose as handles and identifiers.
#[derive(Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        // Fibonacci hashing: the table uses the upper bits as well as the lower.
        let mixed = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// A map from guest-chosen identifiers.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

macro_rules! objects {
    ($($variant:ident($ty:ty), $get:ident, $wanted:literal;)*) => {
        /// One state object.
        #[derive(Clone)]
        #[allow(missing_docs)] // each variant is the protocol's object of that name
        pub enum Object {
            $($variant(Rc<$ty>),)*
        }

        impl ObjectTable {
            $(
                /// The object of this type with a handle.
                ///
                /// # Errors
                /// If there is none.
                pub fn $get(&self, handle: ObjectHandle) -> Result<&Rc<$ty>, CommandError> {
                    match self.0.get(&handle) {
                        Some(Object::$variant(object)) => Ok(object),
                        _ => Err(CommandError::NoObject { handle, wanted: $wanted }),
                    }
                }
            )*
        }
    };
}

/// All objects of a sub-context.
#[derive(Default)]
pub struct ObjectTable(IdMap<ObjectHandle, Object>);

objects! {
    Blend(Blend), blend, "blend state";
    Rasterizer(Rasterizer), rasterizer, "rasterizer state";
    DepthStencilAlpha(DepthStencilAlpha), depth_stencil_alpha, "depth-stencil-alpha state";
    Shader(ShaderObject), shader, "shader";
    VertexElements(VertexLayout), vertex_elements, "vertex elements state";
    SamplerView(TextureView), sampler_view, "sampler view";
    SamplerState(SamplerObject), sampler_state, "sampler state";
    Surface(SurfaceView), surface, "surface";
    Query(QueryObject), query, "query";
    StreamOutputTarget(Target), stream_output_target, "stream output target";
}

impl ObjectTable {
    /// Adds an object; a live one with the same handle is replaced.
    ///
    /// # Errors
    /// If the guest holds too many objects already.
    pub fn insert(&mut self, handle: ObjectHandle, object: Object) -> Result<(), CommandError> {
        if self.0.len() >= MAX_OBJECTS && !self.0.contains_key(&handle) {
            return Err(CommandError::Limit("objects in a sub-context"));
        }
        self.0.insert(handle, object);
        Ok(())
    }

    /// Removes an object; a handle without one is no error, as in the reference host.
    pub fn remove(&mut self, handle: ObjectHandle) -> Option<Object> {
        self.0.remove(&handle)
    }
}
