//! A layout that is compact and still reads, greps and diffs line by line.

use std::io;

use serde_json::ser::Formatter;

/// Every member of the document on a line of its own, every element of its arrays too, and
/// everything deeper on that line.
#[derive(Debug, Default)]
pub(super) struct OneItemALine {
    depth: usize,
    /// Whether the array at depth 2 has an element yet.
    has_items: bool,
}

impl OneItemALine {
    fn separate<W: io::Write + ?Sized>(
        &self,
        out: &mut W,
        first: bool,
        breaks: bool,
    ) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if breaks {
            out.write_all(b"\n")?;
            out.write_all(&b"    "[..2 * self.depth.min(2)])?;
        } else if !first {
            out.write_all(b" ")?;
        }
        Ok(())
    }
}

impl Formatter for OneItemALine {
    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(if self.depth == 0 { b"\n}" } else { b"}" })
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.separate(out, first, self.depth == 1)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.depth == 2 {
            self.has_items = false;
        }
        out.write_all(b"[")
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.has_items |= self.depth == 2;
        self.separate(out, first, self.depth == 2)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        let is_broken = self.depth == 1 && self.has_items;
        out.write_all(if is_broken { b"\n  ]" } else { b"]" })
    }
}
