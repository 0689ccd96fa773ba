//! Writes the archive format of an initrd: cpio, "newc".

use std::io::{self, Write};

const MAGIC: &str = "070701";
const TRAILER: &str = "TRAILER!!!";
const S_IFDIR: u32 = 0o040_000;
const S_IFREG: u32 = 0o100_000;
const S_IFCHR: u32 = 0o020_000;

/// An archive in the making. Times and owners are all zero, so that the same
/// entries give the same bytes.
pub struct Archive<W> {
    out: W,
    inode: u32,
    /// Bytes written, for padding.
    position: usize,
}

impl<W: Write> Archive<W> {
    /// An empty archive.
    pub fn new(out: W) -> Self {
        Self {
            out,
            inode: 0,
            position: 0,
        }
    }

    /// Adds a folder. The folders above it must have been added.
    pub fn folder(&mut self, name: &str) -> io::Result<()> {
        self.entry(name, S_IFDIR | 0o755, (0, 0), &[])
    }

    /// Adds a file.
    pub fn file(&mut self, name: &str, permissions: u32, content: &[u8]) -> io::Result<()> {
        self.entry(name, S_IFREG | permissions, (0, 0), content)
    }

    /// Adds a character device.
    pub fn device(&mut self, name: &str, permissions: u32, number: (u32, u32)) -> io::Result<()> {
        self.entry(name, S_IFCHR | permissions, number, &[])
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.inode = 0;
        self.header(TRAILER, 0, (0, 0), 0)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn entry(
        &mut self,
        name: &str,
        mode: u32,
        device: (u32, u32),
        content: &[u8],
    ) -> io::Result<()> {
        self.inode += 1;
        let size = u32::try_from(content.len())
            .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, name.to_owned()))?;
        self.header(name, mode, device, size)?;
        self.write(content)?;
        self.pad()
    }

    fn header(&mut self, name: &str, mode: u32, device: (u32, u32), size: u32) -> io::Result<()> {
        let links = if mode & S_IFDIR == S_IFDIR { 2 } else { 1 };
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        // inode, mode, owner, group, links, time, size, the archive's device,
        // the file's device, length of the name, checksum
        let fields = [
            self.inode, mode, 0, 0, links, 0, size, 0, 0, device.0, device.1, name_size, 0,
        ];
        let mut header = MAGIC.to_owned();
        for field in fields {
            header.push_str(&format!("{field:08X}"));
        }
        header.push_str(name);
        header.push('\0');
        self.write(header.as_bytes())?;
        self.pad()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.position += bytes.len();
        self.out.write_all(bytes)
    }

    /// Headers and contents begin at multiples of four.
    fn pad(&mut self) -> io::Result<()> {
        let padding = self.position.next_multiple_of(4) - self.position;
        self.write(&[0; 3][..padding])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_the_form_that_the_kernel_reads() {
        let mut archive = Archive::new(Vec::new());
        archive.folder("dev").unwrap();
        archive.device("dev/console", 0o600, (5, 1)).unwrap();
        archive.file("init", 0o755, b"#!hello").unwrap();
        let bytes = archive.finish().unwrap();
        assert_eq!(bytes.len() % 4, 0);

        let mut rest = &bytes[..];
        let mut seen = Vec::new();
        while !rest.is_empty() {
            assert_eq!(&rest[..6], MAGIC.as_bytes());
            let field = |index: usize| {
                let text = std::str::from_utf8(&rest[6 + 8 * index..14 + 8 * index]).unwrap();
                u32::from_str_radix(text, 16).unwrap() as usize
            };
            let (mode, size, name_size) = (field(1), field(6), field(11));
            let name = std::str::from_utf8(&rest[110..110 + name_size - 1]).unwrap();
            let start = (110 + name_size).next_multiple_of(4);
            let content = &rest[start..start + size];
            seen.push((
                name.to_owned(),
                mode,
                (field(9), field(10)),
                content.to_vec(),
            ));
            rest = &rest[(start + size).next_multiple_of(4)..];
        }
        let entry = |name: &str, mode, number, content: &[u8]| {
            (name.to_owned(), mode, number, content.to_vec())
        };
        assert_eq!(
            seen,
            [
                entry("dev", 0o040_755, (0, 0), b""),
                entry("dev/console", 0o020_600, (5, 1), b""),
                entry("init", 0o100_755, (0, 0), b"#!hello"),
                entry(TRAILER, 0, (0, 0), b""),
            ]
        );
    }

    #[test]
    fn the_same_entries_give_the_same_bytes() {
        let make = || {
            let mut archive = Archive::new(Vec::new());
            archive.file("a", 0o644, b"1").unwrap();
            archive.finish().unwrap()
        };
        assert_eq!(make(), make());
    }
}
