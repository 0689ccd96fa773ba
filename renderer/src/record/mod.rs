//! Recorded vtest streams: what a client sent, byte for byte, and its replay.
//!
//! A recording holds all texels within the stream (protocol version 0), so that it needs
//! neither the client nor its shared memory. Mesa's `VTEST_SAVE` writes the same form.
#![forbid(unsafe_code)]

mod picture;

use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;

use maro_gpu::Renderer;

use crate::vtest::{Observer, Session, SessionError, SessionOptions, Transport};

pub use picture::picture;

/// The options of a session that is recorded: as given, but at protocol version 0.
pub const fn options(options: SessionOptions) -> SessionOptions {
    SessionOptions {
        newest_version: 0,
        ..options
    }
}

/// Copies what the client sends into a recording. If that fails the recording ends and
/// the session goes on.
#[derive(Debug)]
pub struct Recorder<T, W: Write> {
    transport: T,
    recording: Option<W>,
}

impl<T, W: Write> Recorder<T, W> {
    /// Records what comes through `transport`.
    pub const fn new(transport: T, recording: W) -> Self {
        Self {
            transport,
            recording: Some(recording),
        }
    }
}

impl<T: Read, W: Write> Read for Recorder<T, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.transport.read(buffer)?;
        if let Some(recording) = &mut self.recording
            && let Err(error) = recording.write_all(&buffer[..read])
        {
            log::error!("vtest: the recording ends early: {error}");
            self.recording = None;
        }
        Ok(read)
    }
}

impl<T: Write, W: Write> Write for Recorder<T, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transport.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.transport.flush()
    }
}

impl<T: Transport, W: Write> Transport for Recorder<T, W> {
    fn send_file(&mut self, file: BorrowedFd<'_>) -> io::Result<()> {
        self.transport.send_file(file)
    }
}

impl<T, W: Write> Drop for Recorder<T, W> {
    fn drop(&mut self) {
        if let Some(recording) = &mut self.recording
            && let Err(error) = recording.flush()
        {
            log::error!("vtest: the recording lacks its end: {error}");
        }
    }
}

/// A recording in place of a client.
struct Player<S, W> {
    stream: S,
    replies: W,
}

impl<S: Read, W> Read for Player<S, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl<S, W: Write> Write for Player<S, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.replies.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.replies.flush()
    }
}

impl<S: Read, W: Write> Transport for Player<S, W> {
    fn send_file(&mut self, _file: BorrowedFd<'_>) -> io::Result<()> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a recording that shares memory cannot be replayed; record it at protocol 0",
        ))
    }
}

/// Plays a recording to a renderer. What the client would have been told, its read-backs
/// among it, goes to `replies`, and `observer` sees each read-back and can end the replay.
/// The renderer comes back without the client's context and resources.
///
/// # Errors
/// As a session: for what the renderer refuses there is the log.
pub fn replay<R: Renderer>(
    stream: impl Read,
    replies: impl Write,
    renderer: R,
    options: SessionOptions,
    observer: Observer<'_>,
) -> Result<R, SessionError> {
    let mut session = Session::new(renderer, Player { stream, replies }, self::options(options));
    session.observe(observer);
    session.run()?;
    Ok(session.into_renderer())
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::atomic::Ordering::Relaxed;

    use maro_gpu::backend::NullRenderer;
    use maro_gpu::renderer::Capset;

    use super::*;
    use crate::vtest::ReadBack;

    const DRAWSTORM: &[u8] = include_bytes!("../../tests/data/drawstorm.vtest");

    fn renderer() -> NullRenderer {
        let capset = |id, size| Capset {
            id,
            version: id,
            data: vec![0; size],
        };
        NullRenderer::new(vec![capset(1, 308), capset(2, 1408)])
    }

    fn replay_all(stream: &[u8]) -> Result<NullRenderer, SessionError> {
        let observer = Box::new(|_: ReadBack<'_>| ControlFlow::Continue(()));
        let options = SessionOptions::default();
        replay(stream, io::sink(), renderer(), options, observer)
    }

    #[test]
    fn replay_drives_the_renderer_as_the_client_did() {
        let renderer = renderer();
        let counters = renderer.counters();
        let mut replies = Vec::new();
        let mut read_backs = 0;
        let observer = Box::new(|read_back: ReadBack<'_>| {
            assert_eq!((read_back.desc.width, read_back.desc.height), (256, 256));
            read_backs += 1;
            ControlFlow::Continue(())
        });
        let options = SessionOptions::default();
        replay(DRAWSTORM, &mut replies, renderer, options, observer).unwrap();
        assert_eq!(read_backs, 1);
        assert_eq!(counters.submits.load(Relaxed), 1);
        assert_eq!(counters.words.load(Relaxed), 2600);
        // Nine uploads and one read-back.
        assert_eq!(counters.transfers.load(Relaxed), 10);
        // A ping, a version, two capsets and twelve waits; then a picture.
        let answers = 8 + 12 + (8 + 1408) + (8 + 308) + 12 * 12;
        assert_eq!(replies.len(), answers + 256 * 256 * 4);
        // All was given up at the end.
        assert_eq!(counters.resources.load(Relaxed), 0);
        assert_eq!(counters.contexts.load(Relaxed), 0);
    }

    #[test]
    fn replay_cut_off_stream_is_an_error() {
        for length in [1, 7, 17, 20, 100, 3000, 5000] {
            let cut = &DRAWSTORM[..length];
            assert!(matches!(
                replay_all(cut),
                Err(SessionError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof
            ));
        }
        assert!(replay_all(&DRAWSTORM[..0]).is_ok());
    }

    #[test]
    fn observer_that_breaks_ends_the_replay() {
        let renderer = renderer();
        let counters = renderer.counters();
        let stream = [DRAWSTORM, &[0xff; 5]].concat();
        let observer = Box::new(|_: ReadBack<'_>| ControlFlow::Break(()));
        let options = SessionOptions::default();
        replay(&stream[..], io::sink(), renderer, options, observer).unwrap();
        assert_eq!(counters.contexts.load(Relaxed), 0);
    }

    #[test]
    fn recording_is_what_was_sent() {
        let mut recording = Vec::new();
        let player = Player {
            stream: DRAWSTORM,
            replies: io::sink(),
        };
        let recorder = Recorder::new(player, &mut recording);
        let mut session = Session::new(renderer(), recorder, options(SessionOptions::default()));
        session.run().unwrap();
        drop(session);
        assert_eq!(recording, DRAWSTORM);
    }

    #[test]
    fn recording_that_fails_does_not_end_the_session() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::StorageFull.into())
            }
        }
        let player = Player {
            stream: DRAWSTORM,
            replies: io::sink(),
        };
        let mut session = Session::new(
            renderer(),
            Recorder::new(player, Full),
            SessionOptions::default(),
        );
        session.run().unwrap();
    }
}
