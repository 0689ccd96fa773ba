//! The registers of virtio-mmio with a device that only remembers.

use std::sync::{Arc, Mutex};

use maro_devices::BusDevice;
use maro_devices::virtio::mmio::{MmioTransport, QUEUE_NOTIFY_OFFSET};
use maro_devices::virtio::{
    ActivateError, Activation, GuestMemory, SharedMemoryRegion, VirtioDevice,
};
use vm_memory::GuestAddress;
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

const MAGIC: u64 = 0x00;
const VERSION: u64 = 0x04;
const DEVICE_ID: u64 = 0x08;
const DEVICE_FEATURES: u64 = 0x10;
const DEVICE_FEATURES_SEL: u64 = 0x14;
const DRIVER_FEATURES: u64 = 0x20;
const DRIVER_FEATURES_SEL: u64 = 0x24;
const QUEUE_SEL: u64 = 0x30;
const QUEUE_NUM_MAX: u64 = 0x34;
const QUEUE_NUM: u64 = 0x38;
const QUEUE_READY: u64 = 0x44;
const QUEUE_NOTIFY: u64 = 0x50;
const INTERRUPT_STATUS: u64 = 0x60;
const INTERRUPT_ACK: u64 = 0x64;
const STATUS: u64 = 0x70;
const QUEUE_DESC_LOW: u64 = 0x80;
const QUEUE_DRIVER_LOW: u64 = 0x90;
const QUEUE_DEVICE_LOW: u64 = 0xa0;
const SHM_SEL: u64 = 0xac;
const SHM_LEN_LOW: u64 = 0xb0;
const SHM_BASE_HIGH: u64 = 0xbc;
const QUEUE_RESET: u64 = 0xc0;
const CONFIG_GENERATION: u64 = 0xfc;
const CONFIG: u64 = 0x100;

const ACKNOWLEDGE: u32 = 1;
const DRIVER: u32 = 2;
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;
const NEEDS_RESET: u32 = 64;
const FAILED: u32 = 128;

const VERSION_1: u64 = 1 << 32;
const EVENT_IDX: u64 = 1 << 29;
const INDIRECT_DESC: u64 = 1 << 28;
/// What the device itself offers.
const OWN_FEATURE: u64 = 1 << 5;

/// What happened to the device.
#[derive(Default)]
struct Log {
    activation: Option<Activation>,
    activations: usize,
    resets: usize,
    config: Vec<(u64, Vec<u8>)>,
}

struct Memorizer {
    log: Arc<Mutex<Log>>,
    refuse: bool,
}

impl VirtioDevice for Memorizer {
    fn device_type(&self) -> u32 {
        42
    }

    fn queue_sizes(&self) -> &[u16] {
        &[16, 8]
    }

    fn features(&self) -> u64 {
        OWN_FEATURE
    }

    fn read_config(&self, offset: u64, data: &mut [u8]) {
        data.fill(u8::try_from(offset & 0xff).unwrap());
    }

    fn write_config(&mut self, offset: u64, data: &[u8]) {
        self.log
            .lock()
            .unwrap()
            .config
            .push((offset, data.to_vec()));
    }

    fn shared_memory(&self, id: u8) -> Option<SharedMemoryRegion> {
        (id == 1).then_some(SharedMemoryRegion {
            base: 0x2_0000_0000,
            len: 0x4000_0000,
        })
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        if self.refuse {
            return Err(ActivateError::MissingQueue(1));
        }
        let mut log = self.log.lock().unwrap();
        log.activation = Some(activation);
        log.activations += 1;
        Ok(())
    }

    fn reset(&mut self) {
        let mut log = self.log.lock().unwrap();
        log.activation = None;
        log.resets += 1;
    }
}

struct Bench {
    transport: MmioTransport,
    irq: EventFd,
    log: Arc<Mutex<Log>>,
}

impl Bench {
    fn new() -> Self {
        Self::with_refusal(false)
    }

    fn with_refusal(refuse: bool) -> Self {
        let log = Arc::<Mutex<Log>>::default();
        let device = Memorizer {
            log: log.clone(),
            refuse,
        };
        let memory = GuestMemory::from_ranges(&[(GuestAddress(0), 0x10_0000)]).unwrap();
        let irq = EventFd::new(EFD_NONBLOCK).unwrap();
        let line = irq.try_clone().unwrap();
        Self {
            transport: MmioTransport::new(Box::new(device), memory, line).unwrap(),
            irq,
            log,
        }
    }

    fn get(&self, register: u64) -> u32 {
        let mut data = [0; 4];
        self.transport.read(register, &mut data);
        u32::from_le_bytes(data)
    }

    fn set(&self, register: u64, value: u32) {
        self.transport.write(register, &value.to_le_bytes());
    }

    fn negotiate(&self, features: u64) {
        self.set(STATUS, ACKNOWLEDGE);
        self.set(STATUS, ACKNOWLEDGE | DRIVER);
        for half in [1, 0] {
            self.set(DRIVER_FEATURES_SEL, half);
            self.set(DRIVER_FEATURES, (features >> (32 * half)) as u32);
        }
        self.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    }

    fn set_up_queue(&self, queue: u32, size: u32, base: u32) {
        self.set(QUEUE_SEL, queue);
        self.set(QUEUE_NUM, size);
        for (register, offset) in [
            (QUEUE_DESC_LOW, 0),
            (QUEUE_DRIVER_LOW, 0x400),
            (QUEUE_DEVICE_LOW, 0x800),
        ] {
            self.set(register, base + offset);
            self.set(register + 4, 0);
        }
        self.set(QUEUE_READY, 1);
    }

    fn start(&self, features: u64) {
        self.negotiate(features);
        self.set_up_queue(0, 16, 0x1000);
        self.set_up_queue(1, 8, 0x2000);
        self.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }

    fn status(&self) -> u32 {
        self.get(STATUS)
    }

    fn activations(&self) -> usize {
        self.log.lock().unwrap().activations
    }
}

#[test]
fn identity_is_that_of_a_modern_device() {
    let bench = Bench::new();
    assert_eq!(bench.get(MAGIC), 0x7472_6976);
    assert_eq!(bench.get(VERSION), 2);
    assert_eq!(bench.get(DEVICE_ID), 42);
    assert_eq!(bench.status(), 0);
    assert_eq!(bench.get(QUEUE_RESET), 0);
}

#[test]
fn device_features_join_device_and_transport() {
    let bench = Bench::new();
    let mut features = 0;
    for half in [0, 1] {
        bench.set(DEVICE_FEATURES_SEL, half);
        features |= u64::from(bench.get(DEVICE_FEATURES)) << (32 * half);
    }
    assert_eq!(
        features,
        OWN_FEATURE | INDIRECT_DESC | EVENT_IDX | VERSION_1
    );
    bench.set(DEVICE_FEATURES_SEL, 2);
    assert_eq!(bench.get(DEVICE_FEATURES), 0);
}

#[test]
fn driver_ok_activates_with_what_was_negotiated() {
    let bench = Bench::new();
    bench.start(VERSION_1 | EVENT_IDX | OWN_FEATURE);
    assert_eq!(
        bench.status(),
        ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK
    );
    let log = bench.log.lock().unwrap();
    let activation = log.activation.as_ref().unwrap();
    assert_eq!(activation.features, VERSION_1 | EVENT_IDX | OWN_FEATURE);
    let rings: Vec<_> = activation
        .queues
        .iter()
        .map(|active| {
            let state = active.queue.state();
            (
                active.index,
                state.size,
                state.desc_table,
                state.avail_ring,
                state.used_ring,
                state.event_idx_enabled,
            )
        })
        .collect();
    let expected = [
        (0, 16, 0x1000, 0x1400, 0x1800, true),
        (1, 8, 0x2000, 0x2400, 0x2800, true),
    ];
    assert_eq!(rings, expected);
}

#[test]
fn driver_ok_leaves_out_queues_that_are_not_ready() {
    let bench = Bench::new();
    bench.negotiate(VERSION_1);
    bench.set_up_queue(1, 4, 0x2000);
    bench.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    let log = bench.log.lock().unwrap();
    let queues = &log.activation.as_ref().unwrap().queues;
    assert_eq!(queues.len(), 1);
    assert_eq!(queues[0].index, 1);
    assert!(!queues[0].queue.state().event_idx_enabled);
}

#[test]
fn features_ok_is_refused_without_version_1_or_with_unknown_bits() {
    for features in [0, OWN_FEATURE, VERSION_1 | 1 << 6, VERSION_1 | 1 << 40] {
        let bench = Bench::new();
        bench.start(features);
        assert_eq!(bench.status(), ACKNOWLEDGE | DRIVER, "{features:#x}");
        assert_eq!(bench.activations(), 0);
    }
}

#[test]
fn features_ok_is_refused_for_bits_beyond_64() {
    let bench = Bench::new();
    bench.set(DRIVER_FEATURES_SEL, 1);
    bench.set(DRIVER_FEATURES, (VERSION_1 >> 32) as u32);
    bench.set(DRIVER_FEATURES_SEL, 2);
    bench.set(DRIVER_FEATURES, 1);
    bench.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    assert_eq!(bench.status(), ACKNOWLEDGE | DRIVER);
}

#[test]
fn features_do_not_change_after_features_ok() {
    let bench = Bench::new();
    bench.negotiate(VERSION_1);
    bench.set(DRIVER_FEATURES_SEL, 0);
    bench.set(DRIVER_FEATURES, OWN_FEATURE as u32);
    bench.set_up_queue(0, 16, 0x1000);
    bench.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    let log = bench.log.lock().unwrap();
    assert_eq!(log.activation.as_ref().unwrap().features, VERSION_1);
}

#[test]
fn status_steps_out_of_order_are_left_out() {
    let bench = Bench::new();
    bench.set(STATUS, DRIVER_OK);
    assert_eq!(bench.status(), 0);
    bench.set(STATUS, FEATURES_OK);
    assert_eq!(bench.status(), 0);
    bench.set(STATUS, ACKNOWLEDGE | NEEDS_RESET | 0xffff_ff00);
    assert_eq!(bench.status(), ACKNOWLEDGE);
    bench.set(STATUS, FAILED);
    assert_eq!(bench.status(), ACKNOWLEDGE | FAILED);
    assert_eq!(bench.activations(), 0);
}

#[test]
fn driver_ok_twice_activates_once() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    bench.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    assert_eq!(bench.activations(), 1);
}

#[test]
fn driver_ok_with_a_bad_queue_needs_reset() {
    type Spoil = fn(&Bench);
    let cases: [(&str, Spoil); 6] = [
        ("size 0", |bench| bench.set(QUEUE_NUM, 0)),
        ("size no power of two", |bench| bench.set(QUEUE_NUM, 6)),
        ("size too large", |bench| bench.set(QUEUE_NUM, 0x1_0010)),
        ("ring misaligned", |bench| {
            bench.set(QUEUE_DEVICE_LOW, 0x1802);
        }),
        ("ring outside", |bench| bench.set(QUEUE_DESC_LOW + 4, 1)),
        ("ring across the end", |bench| {
            bench.set(QUEUE_DESC_LOW, 0xf_fff0);
        }),
    ];
    for (name, spoil) in cases {
        let bench = Bench::new();
        bench.negotiate(VERSION_1);
        bench.set_up_queue(0, 16, 0x1000);
        spoil(&bench);
        bench.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        assert_eq!(bench.activations(), 0, "{name}");
        assert_ne!(bench.status() & NEEDS_RESET, 0, "{name}");
        // The driver is told by a configuration change.
        assert_eq!(bench.get(INTERRUPT_STATUS), 2, "{name}");
        assert_eq!(bench.irq.read().unwrap(), 1, "{name}");
    }
}

#[test]
fn device_that_refuses_needs_reset_and_may_be_tried_again() {
    let bench = Bench::with_refusal(true);
    for _ in 0..2 {
        bench.start(VERSION_1);
        assert_ne!(bench.status() & NEEDS_RESET, 0);
        bench.set(STATUS, 0);
        assert_eq!(bench.status(), 0);
    }
    assert_eq!(bench.log.lock().unwrap().resets, 0);
}

#[test]
fn reset_forgets_everything_and_starts_again() {
    let bench = Bench::new();
    for round in 1..=3 {
        bench.start(VERSION_1);
        assert_eq!(bench.activations(), round);
        let activation = bench.log.lock().unwrap().activation.take().unwrap();
        activation.interrupt.used_queue(0);
        bench.set(QUEUE_NOTIFY, 0);
        bench.set(STATUS, 0);
        assert_eq!(bench.log.lock().unwrap().resets, round);
        assert_eq!(bench.status(), 0);
        assert_eq!(bench.get(INTERRUPT_STATUS), 0);
        bench.set(QUEUE_SEL, 1);
        assert_eq!(bench.get(QUEUE_READY), 0);
        assert!(bench.transport.queue_events()[0].read().is_err());
    }
    // Features were forgotten too.
    bench.set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    assert_eq!(bench.status(), ACKNOWLEDGE | DRIVER);
}

#[test]
fn queue_registers_belong_to_the_selected_queue() {
    let bench = Bench::new();
    for (queue, size) in [(0, 16), (1, 8), (2, 0), (u32::MAX, 0)] {
        bench.set(QUEUE_SEL, queue);
        assert_eq!(bench.get(QUEUE_NUM_MAX), size);
        assert_eq!(bench.get(QUEUE_READY), 0);
    }
    bench.set(QUEUE_SEL, 7);
    bench.set(QUEUE_READY, 1);
    assert_eq!(bench.get(QUEUE_READY), 0);
    bench.set(QUEUE_SEL, 1);
    bench.set(QUEUE_READY, 1);
    assert_eq!(bench.get(QUEUE_READY), 1);
    bench.set(QUEUE_READY, 0);
    assert_eq!(bench.get(QUEUE_READY), 0);
}

#[test]
fn queue_ready_cleared_while_running_stops_the_device() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    bench.set(QUEUE_SEL, 1);
    bench.set(QUEUE_READY, 0);
    assert_eq!(bench.get(QUEUE_READY), 0);
    assert_eq!(bench.log.lock().unwrap().resets, 1);
    assert_ne!(bench.status() & NEEDS_RESET, 0);
    // The reset that follows does not reset the device twice.
    bench.set(STATUS, 0);
    assert_eq!(bench.log.lock().unwrap().resets, 1);
    bench.start(VERSION_1);
    assert_eq!(bench.activations(), 2);
}

#[test]
fn queue_addresses_do_not_change_while_running() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    bench.set(QUEUE_SEL, 0);
    bench.set(QUEUE_DESC_LOW, 0x5000);
    bench.set(QUEUE_NUM, 2);
    let log = bench.log.lock().unwrap();
    let state = log.activation.as_ref().unwrap().queues[0].queue.state();
    assert_eq!((state.desc_table, state.size), (0x1000, 16));
}

#[test]
fn doorbell_wakes_its_queue_alone() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    bench.set(QUEUE_NOTIFY_OFFSET, 1);
    bench.set(QUEUE_NOTIFY, 2);
    bench.set(QUEUE_NOTIFY, u32::MAX);
    let log = bench.log.lock().unwrap();
    let queues = &log.activation.as_ref().unwrap().queues;
    assert!(queues[0].kick.read().is_err());
    assert_eq!(queues[1].kick.read().unwrap(), 1);
}

#[test]
fn doorbell_event_of_the_monitor_is_the_kick_of_the_device() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    // What KVM does for a registered ioeventfd.
    bench.transport.queue_events()[1].write(1).unwrap();
    let log = bench.log.lock().unwrap();
    let queues = &log.activation.as_ref().unwrap().queues;
    assert_eq!(queues[1].kick.read().unwrap(), 1);
}

#[test]
fn interrupts_show_their_reasons_until_acknowledged() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    let interrupt = bench
        .log
        .lock()
        .unwrap()
        .activation
        .as_ref()
        .map(|activation| activation.interrupt.clone())
        .unwrap();
    interrupt.used_queue(1);
    interrupt.used_queue(0);
    assert_eq!(bench.irq.read().unwrap(), 2);
    assert_eq!(bench.get(INTERRUPT_STATUS), 1);
    let generation = bench.get(CONFIG_GENERATION);
    interrupt.config_changed();
    assert_eq!(bench.get(INTERRUPT_STATUS), 3);
    assert_ne!(bench.get(CONFIG_GENERATION), generation);
    bench.set(INTERRUPT_ACK, 1);
    assert_eq!(bench.get(INTERRUPT_STATUS), 2);
    bench.set(INTERRUPT_ACK, u32::MAX);
    assert_eq!(bench.get(INTERRUPT_STATUS), 0);
    interrupt.device_needs_reset();
    assert_ne!(bench.status() & NEEDS_RESET, 0);
    assert_eq!(bench.get(INTERRUPT_STATUS), 2);
}

#[test]
fn shared_memory_reads_all_ones_where_there_is_none() {
    let bench = Bench::new();
    let read = || [0, 4, 8, 12].map(|offset| bench.get(SHM_LEN_LOW + offset));
    for absent in [0, 2, 257, u32::MAX] {
        bench.set(SHM_SEL, absent);
        assert_eq!(read(), [u32::MAX; 4], "region {absent}");
    }
    bench.set(SHM_SEL, 1);
    assert_eq!(read(), [0x4000_0000, 0, 0, 2]);
    assert_eq!(bench.get(SHM_BASE_HIGH), 2);
}

#[test]
fn config_space_takes_the_widths_of_the_specification() {
    let bench = Bench::new();
    for width in [1, 2, 4, 8] {
        let mut data = vec![0xee; width];
        bench.transport.read(CONFIG + 4, &mut data);
        assert_eq!(data, vec![4; width]);
        bench.transport.write(CONFIG + 8, &data);
    }
    for width in [0, 3, 5, 16] {
        let mut data = vec![0; width];
        bench.transport.read(CONFIG, &mut data);
        assert_eq!(data, vec![0xff; width]);
        bench.transport.write(CONFIG, &data);
    }
    let log = bench.log.lock().unwrap();
    let widths: Vec<_> = log.config.iter().map(|(_, data)| data.len()).collect();
    assert_eq!(widths, [1, 2, 4, 8]);
    assert!(log.config.iter().all(|(offset, _)| *offset == 8));
}

#[test]
fn registers_take_aligned_words_alone() {
    let bench = Bench::new();
    for width in [1, 2, 8] {
        let mut data = vec![0; width];
        bench.transport.read(MAGIC, &mut data);
        assert_eq!(data, vec![0xff; width]);
        bench.transport.write(STATUS, &vec![1; width]);
    }
    assert_eq!(bench.status(), 0);
    // Within a register, and beyond 4 GiB.
    assert_eq!(bench.get(MAGIC + 2), 0);
    bench.set(u64::from(u32::MAX) + STATUS + 1, ACKNOWLEDGE);
    assert_eq!(bench.status(), 0);
}

#[test]
fn drop_resets_a_running_device() {
    let bench = Bench::new();
    bench.start(VERSION_1);
    drop(bench.transport);
    assert_eq!(bench.log.lock().unwrap().resets, 1);
}
