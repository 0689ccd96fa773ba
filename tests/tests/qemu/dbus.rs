//! As much of D-Bus as it takes to resize QEMU's display: one call, peer to peer (D-Bus
//! specification 0.43, "Message Protocol").

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::Result;

/// Kinds of messages.
const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// The serial number of the one call.
const SERIAL: u32 = 1;

/// Fields of a message's header.
const PATH: (u8, u8) = (1, b'o');
const INTERFACE: (u8, u8) = (2, b's');
const MEMBER: (u8, u8) = (3, b's');
const SIGNATURE: (u8, u8) = (8, b'g');

fn align(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

fn field(bytes: &mut Vec<u8>, (code, kind): (u8, u8), value: &str) {
    align(bytes, 8);
    bytes.extend([code, 1, kind, 0]);
    if kind == SIGNATURE.1 {
        bytes.push(value.len() as u8);
    } else {
        bytes.extend((value.len() as u32).to_le_bytes());
    }
    bytes.extend(value.as_bytes());
    bytes.push(0);
}

/// The call of a method with arguments that are written already.
fn call(path: &str, interface: &str, member: &str, signature: &str, body: &[u8]) -> Vec<u8> {
    let mut fields = Vec::new();
    field(&mut fields, PATH, path);
    field(&mut fields, INTERFACE, interface);
    field(&mut fields, MEMBER, member);
    field(&mut fields, SIGNATURE, signature);
    // Little-endian, no flags, version 1.
    let mut message = vec![b'l', METHOD_CALL, 0, 1];
    for word in [body.len() as u32, SERIAL, fields.len() as u32] {
        message.extend(word.to_le_bytes());
    }
    message.extend(fields);
    align(&mut message, 8);
    message.extend(body);
    message
}

/// Tells QEMU that the user made its first display `width` by `height` pixels large.
pub fn resize(mut stream: UnixStream, width: u32, height: u32) -> Result {
    let user: String = rustix::process::geteuid()
        .as_raw()
        .to_string()
        .bytes()
        .map(|digit| format!("{digit:02x}"))
        .collect();
    write!(stream, "\0AUTH EXTERNAL {user}\r\n")?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    if !answer.starts_with(b"OK ") {
        return Err("QEMU's D-Bus display does not let us in".into());
    }
    stream.write_all(b"BEGIN\r\n")?;

    // Size in millimetres (unknown), place, size in pixels.
    let mut body = vec![0; 12];
    for edge in [width, height] {
        body.extend(edge.to_le_bytes());
    }
    let console = "/org/qemu/Display1/Console_0";
    let interface = "org.qemu.Display1.Console";
    stream.write_all(&call(console, interface, "SetUIInfo", "qqiiuu", &body))?;
    loop {
        match receive(&mut stream)? {
            METHOD_RETURN => return Ok(()),
            ERROR => return Err("QEMU refuses the new size".into()),
            // A signal, of which there are some.
            _ => {}
        }
    }
}

/// The kind of the next message.
fn receive(stream: &mut UnixStream) -> Result<u8> {
    let mut start = [0; 16];
    stream.read_exact(&mut start)?;
    let [body, fields] = [4, 12]
        .map(|at| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]));
    let rest = (fields as usize).next_multiple_of(8) + body as usize;
    stream.read_exact(&mut vec![0; rest])?;
    Ok(start[1])
}
