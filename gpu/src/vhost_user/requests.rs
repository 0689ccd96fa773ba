//! What a front end asks of the device (QEMU, `docs/interop/vhost-user.rst`).

use std::fs::File;
use std::io;
use std::sync::Arc;

use maro_devices::virtio::VirtioDevice;
use vhost::VhostUserMemoryRegionBase;
use vhost::vhost_user::message::{
    VhostTransferStateDirection, VhostTransferStatePhase, VhostUserConfigFlags, VhostUserInflight,
    VhostUserLog, VhostUserMemoryRegion, VhostUserProtocolFeatures, VhostUserShMemConfig,
    VhostUserSharedMsg, VhostUserSingleMemoryRegion, VhostUserVirtioFeatures,
    VhostUserVringAddrFlags, VhostUserVringState,
};
use vhost::vhost_user::{Error, GpuBackend, Result, VhostUserBackendReqHandlerMut};

use super::link::Link;
use super::memory::Memory;
use super::ring::{Calls, MAX_SIZE, Ring};
use super::screen::Screen;
use crate::handle::GpuHandle;
use crate::protocol::{CONTROL_QUEUE, CURSOR_QUEUE};
use crate::virtio::VirtioGpu;
use crate::worker::{Start, Stopped};

/// Feature bits of the rings (virtio 1.3, 6).
mod ring_feature {
    pub(super) const INDIRECT_DESC: u64 = 1 << 28;
    pub(super) const EVENT_IDX: u64 = 1 << 29;
    pub(super) const VERSION_1: u64 = 1 << 32;
}

const CONTROL: usize = CONTROL_QUEUE as usize;
const CURSOR: usize = CURSOR_QUEUE as usize;

/// Most memory regions that can be added one by one.
const MAX_REGIONS: u64 = 256;

/// The state of one front end.
pub(super) struct Requests {
    gpu: VirtioGpu,
    handle: GpuHandle,
    screen: Arc<Screen>,
    memory: Memory,
    rings: [Ring; 2],
    calls: Arc<Calls>,
    /// What the driver accepted, with bits that only the front end knows.
    features: u64,
    /// The device has the rings.
    serving: bool,
    /// Where the rings were left, as long as what their driver made is still there.
    left_at: Option<Stopped>,
}

impl Requests {
    pub(super) fn new(gpu: VirtioGpu, screen: Arc<Screen>) -> Self {
        Self {
            handle: gpu.handle(),
            gpu,
            screen,
            memory: Memory::default(),
            rings: Default::default(),
            calls: Arc::default(),
            features: 0,
            serving: false,
            left_at: None,
        }
    }

    /// Forgets the front end and its guest.
    pub(super) fn front_end_left(&mut self) {
        self.screen.close_link();
        self.forget_driver();
        self.memory = Memory::default();
        self.rings = Default::default();
        self.calls = Arc::default();
        self.features = 0;
    }

    fn forget_driver(&mut self) {
        self.gpu.reset();
        self.serving = false;
        self.left_at = None;
    }

    fn ring(&mut self, index: impl Into<u64>) -> Result<&mut Ring> {
        let index = usize::try_from(index.into()).map_err(|_| Error::InvalidParam)?;
        self.rings.get_mut(index).ok_or(Error::InvalidParam)
    }

    /// Takes the rings back from the device, if it has them.
    fn stop(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.serving) {
            return Ok(());
        }
        let gone = |error| Error::ReqHandlerError(io::Error::other(error));
        let stopped = self.handle.suspend().map_err(gone)?;
        self.rings[CONTROL].base = stopped.control;
        self.rings[CURSOR].base = stopped.cursor;
        self.left_at = Some(stopped);
        Ok(())
    }

    /// Gives the rings to the device once both are ready.
    fn start_if_ready(&mut self) -> Result<()> {
        if self.serving || !self.rings.iter().all(Ring::is_ready) {
            return Ok(());
        }
        let base = Stopped {
            control: self.rings[CONTROL].base,
            cursor: self.rings[CURSOR].base,
        };
        // A machine that was paused goes on where it was. Otherwise it is a new driver:
        // a front end does not say that the guest has reset the device.
        if self.left_at.is_some_and(|left_at| left_at != base) {
            self.forget_driver();
        }
        let memory = self.memory.guest_memory()?;
        let event_idx = self.features & ring_feature::EVENT_IDX != 0;
        let queue = |ring: &Ring| ring.queue(&self.memory, &memory, event_idx);
        let start = Start {
            control: queue(&self.rings[CONTROL])?,
            cursor: queue(&self.rings[CURSOR])?,
            memory,
            features: self.features,
            interrupt: self.calls.clone(),
        };
        self.handle
            .activate(start)
            .map_err(Error::ReqHandlerError)?;
        self.serving = true;
        Ok(())
    }

    /// Changes what the rings stand on: they are stopped meanwhile.
    fn change(&mut self, change: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.stop()?;
        change(self)?;
        self.start_if_ready()
    }
}

fn unsupported<T>(what: &'static str) -> Result<T> {
    Err(Error::InvalidOperation(what))
}

impl VhostUserBackendReqHandlerMut for Requests {
    fn set_owner(&mut self) -> Result<()> {
        Ok(())
    }

    fn reset_owner(&mut self) -> Result<()> {
        self.forget_driver();
        Ok(())
    }

    fn reset_device(&mut self) -> Result<()> {
        self.forget_driver();
        for ring in &mut self.rings {
            ring.enabled = false;
        }
        Ok(())
    }

    fn get_features(&mut self) -> Result<u64> {
        Ok(self.gpu.features()
            | ring_feature::VERSION_1
            | ring_feature::INDIRECT_DESC
            | ring_feature::EVENT_IDX
            | VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits())
    }

    fn set_features(&mut self, features: u64) -> Result<()> {
        log::debug!("the driver accepts features {features:#x}");
        // Bits beyond those offered concern the front end's own half of the device (QEMU
        // offers RING_RESET, for one), so they are no reason to refuse.
        self.features = features;
        if features & VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits() == 0 {
            for ring in &mut self.rings {
                ring.enabled = true;
            }
        }
        self.start_if_ready()
    }

    fn set_mem_table(
        &mut self,
        table: &[VhostUserMemoryRegion],
        files: Vec<File>,
        _: Option<bool>,
    ) -> Result<Option<Vec<VhostUserMemoryRegionBase>>> {
        let memory = Memory::from_table(table, files)?;
        self.change(|this| {
            this.memory = memory;
            Ok(())
        })?;
        Ok(None)
    }

    fn set_vring_num(&mut self, index: u32, num: u32) -> Result<()> {
        let size = u16::try_from(num)
            .ok()
            .filter(|size| size.is_power_of_two() && *size <= MAX_SIZE)
            .ok_or(Error::InvalidParam)?;
        self.change(|this| {
            this.ring(index)?.size = size;
            Ok(())
        })
    }

    fn set_vring_addr(
        &mut self,
        index: u32,
        _: VhostUserVringAddrFlags,
        descriptor: u64,
        used: u64,
        available: u64,
        _: u64,
    ) -> Result<()> {
        let places = [descriptor, available, used];
        for place in places {
            self.memory.translate(place)?;
        }
        self.change(|this| {
            this.ring(index)?.places = Some(places);
            Ok(())
        })
    }

    fn set_vring_base(&mut self, index: u32, base: u32) -> Result<()> {
        let base = u16::try_from(base).map_err(|_| Error::InvalidParam)?;
        self.change(|this| {
            this.ring(index)?.base = base;
            Ok(())
        })
    }

    fn get_vring_base(&mut self, index: u32) -> Result<VhostUserVringState> {
        self.ring(index)?;
        self.stop()?;
        let ring = self.ring(index)?;
        // The next doorbell starts it again.
        ring.kick = None;
        let base = ring.base;
        self.calls.set_used(index as usize, None)?;
        Ok(VhostUserVringState::new(index, base.into()))
    }

    fn set_vring_kick(&mut self, index: u8, event: Option<File>) -> Result<()> {
        if event.is_none() {
            return unsupported("rings without a doorbell, which would have to be polled");
        }
        self.change(|this| {
            this.ring(index)?.kick = event;
            Ok(())
        })
    }

    fn set_vring_call(&mut self, index: u8, event: Option<File>) -> Result<()> {
        self.calls.set_used(index.into(), event)
    }

    fn set_vring_err(&mut self, index: u8, event: Option<File>) -> Result<()> {
        self.calls.set_broken(index.into(), event)
    }

    fn get_protocol_features(&mut self) -> Result<VhostUserProtocolFeatures> {
        use VhostUserProtocolFeatures as P;
        Ok(P::MQ | P::REPLY_ACK | P::CONFIG | P::RESET_DEVICE | P::CONFIGURE_MEM_SLOTS)
    }

    fn set_protocol_features(&mut self, _: u64) -> Result<()> {
        Ok(())
    }

    fn get_queue_num(&mut self) -> Result<u64> {
        Ok(self.rings.len() as u64)
    }

    fn set_vring_enable(&mut self, index: u32, enable: bool) -> Result<()> {
        self.change(|this| {
            this.ring(index)?.enabled = enable;
            Ok(())
        })
    }

    fn get_config(&mut self, offset: u32, size: u32, _: VhostUserConfigFlags) -> Result<Vec<u8>> {
        let mut bytes = vec![0; size as usize];
        self.gpu.read_config(offset.into(), &mut bytes);
        Ok(bytes)
    }

    fn set_config(&mut self, offset: u32, bytes: &[u8], _: VhostUserConfigFlags) -> Result<()> {
        self.gpu.write_config(offset.into(), bytes);
        Ok(())
    }

    fn set_gpu_socket(&mut self, socket: GpuBackend) -> Result<()> {
        Link::start(socket, self.handle.clone(), Arc::clone(&self.screen))
            .map_err(Error::ReqHandlerError)
    }

    fn get_shared_object(&mut self, _: VhostUserSharedMsg) -> Result<File> {
        unsupported("shared objects")
    }

    fn get_inflight_fd(&mut self, _: &VhostUserInflight) -> Result<(VhostUserInflight, File)> {
        unsupported("a record of requests in flight")
    }

    fn set_inflight_fd(&mut self, _: &VhostUserInflight, _: File) -> Result<()> {
        unsupported("a record of requests in flight")
    }

    fn get_max_mem_slots(&mut self) -> Result<u64> {
        Ok(MAX_REGIONS)
    }

    fn add_mem_region(
        &mut self,
        region: &VhostUserSingleMemoryRegion,
        file: File,
        _: Option<bool>,
    ) -> Result<Option<VhostUserMemoryRegionBase>> {
        self.change(|this| this.memory.add(region, file))?;
        Ok(None)
    }

    fn remove_mem_region(&mut self, region: &VhostUserSingleMemoryRegion) -> Result<()> {
        self.change(|this| this.memory.remove(region))
    }

    fn set_device_state_fd(
        &mut self,
        _: VhostTransferStateDirection,
        _: VhostTransferStatePhase,
        _: File,
    ) -> Result<Option<File>> {
        unsupported("moving the device's state")
    }

    fn check_device_state(&mut self) -> Result<()> {
        unsupported("moving the device's state")
    }

    fn get_shmem_config(&mut self) -> Result<VhostUserShMemConfig> {
        unsupported("shared memory regions")
    }

    fn set_log_base(&mut self, _: &VhostUserLog, _: File) -> Result<()> {
        unsupported("a log of written pages")
    }
}
