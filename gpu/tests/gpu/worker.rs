//! The GPU thread: activation, requests of the monitor, reset and shutdown.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use maro_devices::virtio::{ActivateError, Activation, ActiveQueue, Interrupt, VirtioDevice};
use maro_gpu::backend::{NullRenderer, SoftwareRenderer};
use maro_gpu::renderer::{Error, Renderer, ScanoutId};
use maro_gpu::{Config, GpuHandle, HandleError, NewError, VirtioGpu};
use vm_memory::GuestMemoryMmap;
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

use crate::fences::DelayingRenderer;
use crate::rig::{Ring, Shape, capsets, config, guest_memory, request};

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `done`, without a fixed sleep that a busy machine could outlast.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[derive(Default)]
struct Interrupts {
    used: [AtomicUsize; 2],
    config: AtomicUsize,
    needs_reset: AtomicUsize,
}

impl Interrupt for Interrupts {
    fn used_queue(&self, queue: u16) {
        self.used[usize::from(queue)].fetch_add(1, SeqCst);
    }

    fn config_changed(&self) {
        self.config.fetch_add(1, SeqCst);
    }

    fn device_needs_reset(&self) {
        self.needs_reset.fetch_add(1, SeqCst);
    }
}

/// A device with a driver's rings, and what the driver would see of interrupts.
struct Machine {
    gpu: VirtioGpu,
    handle: GpuHandle,
    memory: Arc<GuestMemoryMmap>,
    interrupts: Arc<Interrupts>,
    kicks: [EventFd; 2],
}

impl Machine {
    fn new<R: Renderer + 'static>(make: impl FnOnce() -> R + Send + 'static) -> Self {
        let factory = Box::new(|| Ok(Box::new(make()) as Box<dyn Renderer>));
        let gpu = VirtioGpu::new(config(), factory).expect("a device");
        let event = || EventFd::new(EFD_NONBLOCK).expect("an event");
        Self {
            handle: gpu.handle(),
            gpu,
            memory: guest_memory(),
            interrupts: Arc::default(),
            kicks: [event(), event()],
        }
    }

    fn activate(&mut self, control: &Ring<'_>, cursor: &Ring<'_>) {
        let queues = [control, cursor].into_iter().enumerate();
        let queues = queues.map(|(index, ring)| ActiveQueue {
            index: index as u16,
            queue: ring.device_side(),
            kick: self.kicks[index].try_clone().expect("a descriptor"),
        });
        let activation = Activation {
            memory: (*self.memory).clone(),
            queues: queues.collect(),
            features: self.gpu.features(),
            interrupt: self.interrupts.clone(),
        };
        self.gpu.activate(activation).expect("active");
    }

    fn kick(&self, queue: usize) {
        self.kicks[queue].write(1).expect("room");
    }
}

fn rings(memory: &GuestMemoryMmap) -> (Ring<'_>, Ring<'_>) {
    (Ring::new(memory, 0, 64), Ring::new(memory, 0x8000, 16))
}

fn software() -> Machine {
    Machine::new(SoftwareRenderer::new)
}

fn config_word(gpu: &VirtioGpu, offset: u64) -> u32 {
    let mut bytes = [0xee; 4];
    gpu.read_config(offset, &mut bytes);
    u32::from_le_bytes(bytes)
}

#[test]
fn new_failing_renderer_is_reported() {
    let factory = Box::new(|| Err(Error::Host("no EGL".into())));
    let error = VirtioGpu::new(Config::default(), factory).err();
    assert!(matches!(error, Some(NewError::Renderer(Error::Host(_)))));
}

#[test]
fn new_panicking_renderer_is_reported() {
    let factory = Box::new(|| panic!("this message is part of a test"));
    let error = VirtioGpu::new(Config::default(), factory).err();
    assert!(matches!(error, Some(NewError::Died)));
}

#[test]
fn new_wrong_number_of_scanouts_is_refused() {
    for count in [0, 17] {
        let config = Config {
            displays: vec![maro_gpu::Display::default(); count],
            ..Config::default()
        };
        let factory = Box::new(|| Ok(Box::new(SoftwareRenderer::new()) as Box<dyn Renderer>));
        let error = VirtioGpu::new(config, factory).err();
        assert!(matches!(error, Some(NewError::Scanouts(n)) if n == count));
    }
}

#[test]
fn identity_and_features_follow_the_renderer() {
    let two_d = software().gpu;
    assert_eq!(two_d.device_type(), 16);
    assert_eq!(two_d.features(), 1 << 1);
    assert_eq!(two_d.queue_sizes(), [256, 16]);
    let three_d = Machine::new(|| NullRenderer::new(capsets())).gpu;
    assert_eq!(three_d.features(), 1 << 0 | 1 << 1 | 1 << 4);
    let fields: Vec<u32> = (0..5).map(|i| config_word(&three_d, 4 * i)).collect();
    assert_eq!(fields, [0, 0, 2, 2, 0]);
    assert!(three_d.shared_memory(1).is_none());
}

#[test]
fn config_space_is_read_at_any_width_and_offset() {
    let gpu = software().gpu;
    let mut byte = [0xee];
    gpu.read_config(8, &mut byte);
    assert_eq!(byte, [2]);
    let mut across = [0xee; 8];
    gpu.read_config(12, &mut across);
    assert_eq!(across, [0; 8]);
    gpu.read_config(u64::MAX, &mut across);
    assert_eq!(across, [0; 8]);
}

#[test]
fn requests_are_served_after_the_doorbell() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (mut control, mut cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    let info = control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
    machine.kick(0);
    wait_until("the display info is there", || !control.used().is_empty());
    assert_eq!(control.used(), [(info.head, 408)]);
    let moved = request(0x301, 0, 0, 0, &[0, 1, 2, 0, 0, 0, 0, 0]);
    cursor.send(&moved, 0, Shape::PLAIN);
    machine.kick(1);
    wait_until("the pointer has moved", || !cursor.used().is_empty());
    wait_until("both queues have interrupted", || {
        machine.interrupts.used.iter().all(|n| n.load(SeqCst) == 1)
    });
}

#[test]
fn one_doorbell_serves_more_than_one_turn() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (mut control, cursor) = (Ring::new(&memory, 0, 256), Ring::new(&memory, 0x8000, 16));
    machine.activate(&control, &cursor);
    for _ in 0..100 {
        control.send(&request(0x100, 0, 0, 0, &[]), 24, Shape::PLAIN);
    }
    machine.kick(0);
    wait_until("all are served", || control.used().len() == 100);
}

#[test]
fn requests_from_before_the_activation_are_served() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (mut control, cursor) = rings(&memory);
    control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
    machine.activate(&control, &cursor);
    wait_until("the request is served", || !control.used().is_empty());
}

#[test]
fn activate_without_the_cursor_queue_is_refused() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (control, _) = rings(&memory);
    let activation = Activation {
        memory: (*machine.memory).clone(),
        queues: vec![ActiveQueue {
            index: 0,
            queue: control.device_side(),
            kick: machine.kicks[0].try_clone().expect("a descriptor"),
        }],
        features: 0,
        interrupt: machine.interrupts.clone(),
    };
    let result = machine.gpu.activate(activation);
    assert!(matches!(result, Err(ActivateError::MissingQueue(1))));
}

#[test]
fn set_display_raises_an_event_until_it_is_cleared() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (mut control, cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    let set = |width| machine.handle.set_display(ScanoutId(0), width, 777);
    set(999).expect("a running thread");
    wait_until("the event is there", || config_word(&machine.gpu, 0) == 1);
    wait_until("the driver is told", || {
        machine.interrupts.config.load(SeqCst) == 1
    });
    let info = control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
    machine.kick(0);
    wait_until("the request is served", || !control.used().is_empty());
    let size = &control.response(&info)[24 + 8..24 + 16];
    assert_eq!(size, [0xe7, 3, 0, 0, 9, 3, 0, 0]);
    machine.gpu.write_config(4, &[0, 0, 0, 0]);
    assert_eq!(config_word(&machine.gpu, 0), 1, "no bit was named");
    machine.gpu.write_config(0, &[1, 0, 0, 0]);
    assert_eq!(config_word(&machine.gpu, 0), 1, "events_read is read-only");
    machine.gpu.write_config(4, &[1]);
    assert_eq!(config_word(&machine.gpu, 0), 0);
    // The same size and a scanout that is not there tell nothing.
    let handle = machine.gpu.handle();
    handle.set_display(ScanoutId(0), 999, 777).expect("running");
    handle.set_display(ScanoutId(5), 1, 1).expect("running");
    assert_eq!(handle.screenshot(ScanoutId(0)).expect("off"), None);
    assert_eq!(config_word(&machine.gpu, 0), 0);
    assert_eq!(machine.interrupts.config.load(SeqCst), 1);
}

#[test]
fn flush_is_counted_and_told() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (mut control, cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    let flushed = machine.handle.flush_event().expect("an event");
    for words in [
        request(0x101, 0, 0, 0, &[1, 1, 8, 4]),
        request(0x103, 0, 0, 0, &[0, 0, 8, 4, 1, 1]),
        request(0x104, 0, 0, 0, &[0, 0, 8, 4, 1, 0]),
        request(0x104, 0, 0, 0, &[0, 0, 8, 4, 1, 0]),
    ] {
        control.send(&words, 24, Shape::PLAIN);
    }
    machine.kick(0);
    let mut frames = 0;
    wait_until("both flushes are told", || {
        frames += flushed.read().unwrap_or(0);
        frames == 2
    });
    assert_eq!(machine.handle.stats().frames_of(ScanoutId(1)), 2);
    assert_eq!(machine.handle.stats().commands, 4);
    let picture = machine.handle.screenshot(ScanoutId(1));
    let picture = picture.expect("a picture").expect("it is on");
    assert_eq!((picture.width, picture.height), (8, 4));
    assert!(matches!(
        machine.handle.screenshot(ScanoutId(2)),
        Err(HandleError::Renderer(Error::InvalidScanout(2)))
    ));
}

#[test]
fn delayed_fence_completes_by_its_event() {
    let gate = DelayingRenderer::gate();
    let renderers = gate.clone();
    let mut machine = Machine::new(move || DelayingRenderer::new(renderers));
    let memory = machine.memory.clone();
    let (mut control, cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    let create = request(0x101, 0, 1, 9, &[1, 1, 8, 4]);
    let sent = control.send(&create, 24, Shape::PLAIN);
    machine.kick(0);
    wait_until("the fence is placed", || gate.pending() == 1);
    assert_eq!(control.used(), []);
    gate.pass(1);
    wait_until("the request is back", || !control.used().is_empty());
    assert_eq!(control.header(&sent).fence_id.get(), 9);
}

#[test]
fn reset_with_pending_fences_lets_go_of_the_queues() {
    let gate = DelayingRenderer::gate();
    let renderers = gate.clone();
    let mut machine = Machine::new(move || DelayingRenderer::new(renderers));
    let memory = machine.memory.clone();
    let (mut control, cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    let create = request(0x101, 0, 1, 9, &[1, 1, 8, 4]);
    control.send(&create, 24, Shape::PLAIN);
    machine.kick(0);
    wait_until("the fence is placed", || gate.pending() == 1);
    machine.gpu.reset();
    assert_eq!(gate.pending(), 0, "the renderer was reset");
    control.send(&create, 24, Shape::PLAIN);
    machine.kick(0);
    assert_eq!(machine.handle.screenshot(ScanoutId(0)).expect("off"), None);
    assert_eq!(control.used(), [], "no queue is served");
    assert_eq!(machine.handle.stats().resets, 1);
    // A new driver starts from nothing, with the same names.
    let (mut control, cursor) = (
        Ring::new(&memory, 0x20000, 64),
        Ring::new(&memory, 0x28000, 16),
    );
    machine.activate(&control, &cursor);
    let again = control.send(&create, 24, Shape::PLAIN);
    machine.kick(0);
    wait_until("the fence is placed", || gate.pending() == 1);
    gate.pass(1);
    wait_until("the request is back", || !control.used().is_empty());
    assert_eq!(control.header(&again).type_.get(), 0x1100);
}

#[test]
fn broken_ring_asks_for_a_reset_and_works_after_it() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (control, cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    control.avail.idx().store(65u16.to_le());
    machine.kick(0);
    wait_until("the device gives up", || {
        machine.interrupts.needs_reset.load(SeqCst) == 1
    });
    machine.kick(0);
    assert_eq!(machine.handle.screenshot(ScanoutId(0)).expect("off"), None);
    assert_eq!(machine.interrupts.needs_reset.load(SeqCst), 1, "told once");
    machine.gpu.reset();
    let (mut control, cursor) = (
        Ring::new(&memory, 0x20000, 64),
        Ring::new(&memory, 0x28000, 16),
    );
    machine.activate(&control, &cursor);
    control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
    machine.kick(0);
    wait_until("the request is served", || !control.used().is_empty());
}

#[test]
fn reset_returns_while_the_guest_floods_its_queue() {
    let mut machine = software();
    let memory = machine.memory.clone();
    let (mut control, cursor) = rings(&memory);
    machine.activate(&control, &cursor);
    let sent = control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
    let Machine {
        mut gpu,
        handle,
        kicks,
        ..
    } = machine;
    let (stop, stopped) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            wait_until("the flood is served", || handle.stats().commands > 1000);
            gpu.reset();
            let served = handle.stats().commands;
            assert_eq!(handle.screenshot(ScanoutId(0)).expect("off"), None);
            assert_eq!(handle.stats().commands, served);
            drop(stop);
        });
        // A vCPU that makes the same buffer available for ever.
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
            let used = u16::from_le(control.used_ring.idx().load());
            while control.sent.wrapping_sub(used) < 60 {
                control.make_available(sent.head as u16);
            }
            kicks[0].write(1).expect("room");
        }
    });
}

#[test]
fn shutdown_drops_the_renderer_and_ends_all_requests() {
    struct Witness(mpsc::Sender<()>);
    impl Drop for Witness {
        fn drop(&mut self) {
            self.0.send(()).expect("a test that listens");
        }
    }
    let (dropped, listen) = mpsc::channel();
    let witness = Witness(dropped);
    let sink = move || SoftwareRenderer::with_sink(Box::new(sink::Keeping(witness)));
    let mut machine = Machine::new(sink);
    let handle = machine.handle.clone();
    handle.shutdown();
    assert_eq!(listen.try_recv(), Ok(()), "gone before shutdown returned");
    handle.shutdown();
    let gone = handle.screenshot(ScanoutId(0));
    assert!(matches!(gone, Err(HandleError::Gone)));
    assert!(matches!(
        handle.set_display(ScanoutId(0), 1, 1),
        Err(HandleError::Gone)
    ));
    let memory = machine.memory.clone();
    let (control, cursor) = rings(&memory);
    machine.gpu.reset();
    let result = machine.gpu.activate(Activation {
        memory: (*memory).clone(),
        queues: vec![
            ActiveQueue {
                index: 0,
                queue: control.device_side(),
                kick: machine.kicks[0].try_clone().expect("a descriptor"),
            },
            ActiveQueue {
                index: 1,
                queue: cursor.device_side(),
                kick: machine.kicks[1].try_clone().expect("a descriptor"),
            },
        ],
        features: 0,
        interrupt: machine.interrupts.clone(),
    });
    assert!(matches!(result, Err(ActivateError::Worker(_))));
}

/// A viewer that only keeps something alive.
mod sink {
    use maro_gpu::backend::software::{CursorImage, FrameSink};
    use maro_gpu::renderer::{Cursor, Image, Rect, ScanoutId};

    pub struct Keeping<T>(pub T);

    impl<T> FrameSink for Keeping<T> {
        fn present(&mut self, _: ScanoutId, _: &Image, _: Rect) {}
        fn blank(&mut self, _: ScanoutId) {}
        fn set_cursor(&mut self, _: &Cursor, _: Option<&CursorImage>) {}
        fn move_cursor(&mut self, _: ScanoutId, _: i32, _: i32) {}
    }
}
