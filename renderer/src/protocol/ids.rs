//! Newtypes for the identifiers in a command stream. On the wire 0 means "none", which
//! decodes to `Option::None`.

use maro_gpu::renderer::ResourceId;

use super::list::Record;

/// Names a state object, shader, view, query or target within a sub-context. The guest
/// chooses it; all types of object share one space. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectHandle(pub u32);

impl ObjectHandle {
    /// The handle in a word, or `None` for 0.
    #[inline]
    pub const fn from_word(word: u32) -> Option<Self> {
        if word == 0 { None } else { Some(Self(word)) }
    }
}

/// Names one of a context's sub-contexts; number 0 always exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubContextId(pub u32);

/// The resource in a word, or `None` for 0.
#[inline]
pub const fn resource_from_word(word: u32) -> Option<ResourceId> {
    if word == 0 {
        None
    } else {
        Some(ResourceId(word))
    }
}

impl Record<1> for Option<ObjectHandle> {
    #[inline]
    fn from_words([word]: &[u32; 1]) -> Self {
        ObjectHandle::from_word(*word)
    }
}
