//! `sockctl man`: every manual page, from the definition of the command line and the texts here.

mod markup;
mod page;
mod synopsis;
mod tidy;

use std::borrow::Cow;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::{self, Man};
use crate::output::escape::escape;

use super::context::Context;
use super::exit::Exit;
use page::{Page, pages};

pub(super) fn run(context: &Context<'_>, arguments: &Man) -> anyhow::Result<Exit> {
    let pages = pages(cli::definition())?;
    match &arguments.directory {
        Some(directory) => write_all(&pages, directory)?,
        None => context.print(&pages[0].roff)?,
    }
    Ok(Exit::Done)
}

/// Each into the directory of its section, as man(1) looks for them.
fn write_all(pages: &[Page], directory: &Path) -> anyhow::Result<()> {
    for page in pages {
        let section = directory.join(format!("man{}", page.section));
        std::fs::create_dir_all(&section)
            .with_context(|| format!("cannot make the directory {}", shown(&section)))?;
        let path = section.join(format!("{}.{}", page.title, page.section));
        std::fs::write(&path, &page.roff)
            .with_context(|| format!("cannot write {}", shown(&path)))?;
    }
    Ok(())
}

fn shown(path: &Path) -> Cow<'_, str> {
    escape(path.as_os_str().as_encoded_bytes())
}
