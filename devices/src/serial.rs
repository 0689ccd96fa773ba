//! A 16550 UART (on vm-superio) whose line is a writer and a queue of input bytes.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vm_superio::serial::Error;
use vm_superio::{Serial as Uart, Trigger};
use vmm_sys_util::eventfd::EventFd;

use crate::bus::BusDevice;

/// First I/O port of the first serial port of a PC.
pub const COM1_BASE: u16 = 0x3f8;
/// Number of I/O ports of a UART.
pub const SERIAL_LEN: u16 = 8;
/// Interrupt of the first serial port of a PC, edge triggered.
pub const COM1_IRQ: u32 = 4;

/// Input bytes kept for a guest that does not read them.
const BACKLOG_LIMIT: usize = 64 * 1024;

/// Raises the UART's interrupt by an event file descriptor.
struct IrqTrigger(EventFd);

impl Trigger for IrqTrigger {
    type E = io::Error;

    fn trigger(&self) -> io::Result<()> {
        self.0.write(1)
    }
}

type NoEvents = vm_superio::serial::NoEvents;

/// The UART, one port.
pub struct Serial(Mutex<State>);

struct State {
    uart: Uart<IrqTrigger, NoEvents, Box<dyn Write + Send>>,
    /// Input that did not fit into the UART's FIFO.
    backlog: VecDeque<u8>,
    /// An error was logged; a line that fails does so for every byte.
    complained: bool,
}

impl Serial {
    /// A UART that raises its interrupt by `irq` and prints to `output`, for instance
    /// standard output, a file, or [`std::io::sink`].
    pub fn new(irq: EventFd, output: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(State {
            uart: Uart::new(IrqTrigger(irq), output),
            backlog: VecDeque::new(),
            complained: false,
        }))
    }

    /// Gives the guest `input` to read and returns how many bytes of it were taken:
    /// fewer than all once the guest has left 64 KiB unread.
    pub fn enqueue(&self, input: &[u8]) -> usize {
        let mut state = self.lock();
        let room = BACKLOG_LIMIT.saturating_sub(state.backlog.len());
        let taken = input.len().min(room);
        state.backlog.extend(input.iter().take(taken));
        state.refill();
        taken
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Moves input from the backlog into the UART's FIFO as far as it has room.
    fn refill(&mut self) {
        let room = self.uart.fifo_capacity();
        let ready = self.backlog.as_slices().0;
        let chunk = &ready[..ready.len().min(room)];
        if chunk.is_empty() {
            return;
        }
        match self.uart.enqueue_raw_bytes(chunk) {
            Ok(count) => drop(self.backlog.drain(..count)),
            // The bytes are in the FIFO, only the interrupt is lost.
            Err(Error::Trigger(error)) => {
                let count = room - self.uart.fifo_capacity();
                self.backlog.drain(..count);
                self.complain(&Error::Trigger(error));
            }
            Err(error) => self.complain(&error),
        }
    }

    fn complain(&mut self, error: &Error<io::Error>) {
        if !self.complained {
            log::warn!("The serial port loses data: {error}");
            self.complained = true;
        }
    }
}

impl BusDevice for Serial {
    fn read(&self, offset: u64, data: &mut [u8]) {
        let ([byte], Ok(offset)) = (&mut *data, u8::try_from(offset)) else {
            data.fill(0xff);
            return;
        };
        let mut state = self.lock();
        *byte = state.uart.read(offset);
        state.refill();
    }

    fn write(&self, offset: u64, data: &[u8]) {
        let (&[value], Ok(offset)) = (data, u8::try_from(offset)) else {
            return;
        };
        let mut state = self.lock();
        if let Err(error) = state.uart.write(offset, value) {
            state.complain(&error);
        }
        state.refill();
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serial").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vmm_sys_util::eventfd::EFD_NONBLOCK;

    use super::*;

    const DATA: u64 = 0;
    const INTERRUPT_ENABLE: u64 = 1;
    const LINE_STATUS: u64 = 5;
    const RECEIVED_DATA_INTERRUPT: u8 = 1;
    const DATA_READY: u8 = 1;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn serial() -> (Serial, EventFd, Output) {
        let irq = EventFd::new(EFD_NONBLOCK).unwrap();
        let output = Output::default();
        let serial = Serial::new(irq.try_clone().unwrap(), Box::new(output.clone()));
        (serial, irq, output)
    }

    fn read(serial: &Serial, offset: u64) -> u8 {
        let mut byte = [0];
        serial.read(offset, &mut byte);
        byte[0]
    }

    #[test]
    fn write_data_prints() {
        let (serial, _irq, output) = serial();
        for byte in b"maro" {
            serial.write(DATA, &[*byte]);
        }
        assert_eq!(*output.0.lock().unwrap(), b"maro");
    }

    #[test]
    fn enqueue_raises_the_interrupt_when_enabled() {
        let (serial, irq, _output) = serial();
        serial.write(INTERRUPT_ENABLE, &[RECEIVED_DATA_INTERRUPT]);
        assert!(irq.read().is_err());
        assert_eq!(serial.enqueue(b"x"), 1);
        assert_eq!(irq.read().unwrap(), 1);
        assert_eq!(read(&serial, DATA), b'x');
        assert_eq!(read(&serial, LINE_STATUS) & DATA_READY, 0);
    }

    #[test]
    fn enqueue_beyond_the_fifo_arrives_complete_and_in_order() {
        let (serial, _irq, _output) = serial();
        let input: Vec<u8> = (0..=255).cycle().take(1000).collect();
        assert_eq!(serial.enqueue(&input[..700]), 700);
        assert_eq!(serial.enqueue(&input[700..]), 300);
        let mut received = Vec::new();
        while read(&serial, LINE_STATUS) & DATA_READY != 0 {
            received.push(read(&serial, DATA));
        }
        assert_eq!(received, input);
    }

    #[test]
    fn enqueue_without_a_reader_stops_at_the_limit() {
        let (serial, _irq, _output) = serial();
        let input = vec![b'x'; 2 * BACKLOG_LIMIT];
        let taken = serial.enqueue(&input);
        assert_eq!(taken, BACKLOG_LIMIT);
        // The FIFO emptied some of the backlog.
        assert!(serial.enqueue(&input) < 100);
    }

    #[test]
    fn wide_access_reads_all_ones_and_writes_nothing() {
        let (serial, _irq, output) = serial();
        let mut word = [0; 2];
        serial.read(DATA, &mut word);
        assert_eq!(word, [0xff; 2]);
        serial.write(DATA, b"no");
        assert!(output.0.lock().unwrap().is_empty());
    }
}
