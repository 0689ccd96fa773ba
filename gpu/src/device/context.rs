//! Capability sets, contexts and command streams.

use std::collections::HashSet;

use super::{Device, Error, Outcome};
use crate::protocol::{Features, Response, wire};
use crate::renderer::{ContextId, ResourceId};
use crate::stats::Counters;

/// The part of `context_init` that names a capability set
/// (`VIRTIO_GPU_CONTEXT_INIT_CAPSET_ID_MASK`).
const CAPSET_ID_MASK: u32 = 0xff;

/// A context: what is attached to it.
#[derive(Debug, Default)]
pub(super) struct Context {
    attached: HashSet<u32>,
}

impl Device {
    pub(super) fn get_capset_info(&self, get: &wire::GetCapsetInfo) -> Outcome<'_> {
        let index = get.capset_index.get();
        let capset = usize::try_from(index)
            .ok()
            .and_then(|index| self.capsets.get(index));
        capset.map(Response::from).ok_or(Error::Value {
            what: "a capset index",
            value: index.into(),
        })
    }

    pub(super) fn get_capset(&self, get: &wire::GetCapset) -> Outcome<'_> {
        let id = get.capset_id.get();
        let capset = self.capsets.iter().find(|capset| capset.id == id);
        let capset = capset.ok_or(Error::Value {
            what: "a capset number",
            value: id.into(),
        })?;
        let version = get.capset_version.get();
        if version > capset.version {
            return Err(Error::Value {
                what: "a capset version",
                value: version.into(),
            });
        }
        Ok(Response::Capset(&capset.data))
    }

    pub(super) fn create_context(&mut self, id: u32, create: &wire::CtxCreate) -> Outcome<'_> {
        if id == 0 || self.contexts.contains_key(&id) {
            return Err(Error::ContextName(id));
        }
        if self.contexts.len() >= self.limits.contexts {
            return Err(Error::Limit {
                what: "contexts",
                limit: self.limits.contexts as u64,
            });
        }
        let capset = self.wanted_capset(create)?;
        let nlen = create.nlen.get() as usize;
        let name = create.debug_name.get(..nlen).ok_or(Error::Value {
            what: "a name's length",
            value: nlen as u64,
        })?;
        let end = name.iter().position(|&b| b == 0).unwrap_or(nlen);
        let name = String::from_utf8_lossy(&name[..end]);
        self.renderer.create_context(ContextId(id), capset, &name)?;
        self.contexts.insert(id, Context::default());
        Ok(Response::NoData)
    }

    /// Without `CONTEXT_INIT` the field is padding that older drivers need not clear.
    fn wanted_capset(&self, create: &wire::CtxCreate) -> Result<u32, Error> {
        let init = create.context_init.get();
        if !self.features.contains(Features::CONTEXT_INIT) {
            return Ok(0);
        }
        let id = init & CAPSET_ID_MASK;
        let known = id == 0 || self.capsets.iter().any(|capset| capset.id == id);
        if init & !CAPSET_ID_MASK != 0 || !known {
            return Err(Error::Value {
                what: "a context_init",
                value: init.into(),
            });
        }
        Ok(id)
    }

    pub(super) fn destroy_context(&mut self, id: u32) -> Outcome<'_> {
        let context = self.contexts.remove(&id).ok_or(Error::NoContext(id))?;
        self.usage.attachments -= context.attached.len();
        self.renderer.destroy_context(ContextId(id))?;
        Ok(Response::NoData)
    }

    pub(super) fn attach_resource(&mut self, id: u32, which: &wire::ResourceRef) -> Outcome<'_> {
        let resource = which.resource_id.get();
        let context = self.contexts.get_mut(&id).ok_or(Error::NoContext(id))?;
        if !self.resources.contains_key(&resource) {
            return Err(Error::NoResource(resource));
        }
        if context.attached.contains(&resource) {
            return Ok(Response::NoData);
        }
        if self.usage.attachments >= self.limits.attachments {
            return Err(Error::Limit {
                what: "attachments",
                limit: self.limits.attachments as u64,
            });
        }
        self.renderer
            .attach_resource(ContextId(id), ResourceId(resource))?;
        context.attached.insert(resource);
        self.usage.attachments += 1;
        Ok(Response::NoData)
    }

    pub(super) fn detach_resource(&mut self, id: u32, which: &wire::ResourceRef) -> Outcome<'_> {
        let resource = which.resource_id.get();
        let context = self.contexts.get_mut(&id).ok_or(Error::NoContext(id))?;
        if !context.attached.remove(&resource) {
            return Err(Error::NotAttached {
                resource,
                context: id,
            });
        }
        self.usage.attachments -= 1;
        self.renderer
            .detach_resource(ContextId(id), ResourceId(resource))?;
        Ok(Response::NoData)
    }

    pub(super) fn check_attached(&self, id: u32, resource: u32) -> Result<(), Error> {
        let context = self.contexts.get(&id).ok_or(Error::NoContext(id))?;
        if context.attached.contains(&resource) {
            Ok(())
        } else {
            Err(Error::NotAttached {
                resource,
                context: id,
            })
        }
    }

    /// A resource is gone: no context has it any more.
    pub(super) fn forget_attachments(&mut self, resource: u32) {
        for context in self.contexts.values_mut() {
            if context.attached.remove(&resource) {
                self.usage.attachments -= 1;
            }
        }
    }

    pub(super) fn submit(&mut self, id: u32, words: &[u32]) -> Outcome<'_> {
        if !self.contexts.contains_key(&id) {
            return Err(Error::NoContext(id));
        }
        Counters::add(&self.counters.submits, 1);
        Counters::add(&self.counters.submit_bytes, 4 * words.len() as u64);
        self.renderer.submit(ContextId(id), words)?;
        Ok(Response::NoData)
    }
}
