//! What an inode is and whose.

use rustix::fs::{FileType, Stat};

use crate::model::{Gid, Inode, Mode, Uid};

/// The type of a directory entry or of an inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `S_IFDIR`
    Directory,
    /// `S_IFSOCK`
    Socket,
    /// `S_IFREG`
    Regular,
    /// A FIFO, a device or a link; the word for people.
    Other(&'static str),
    /// The file system keeps no types in its directories (`DT_UNKNOWN`).
    Unknown,
}

impl Kind {
    pub(in crate::sys) fn from_file_type(file_type: FileType) -> Kind {
        match file_type {
            FileType::Directory => Kind::Directory,
            FileType::Socket => Kind::Socket,
            FileType::RegularFile => Kind::Regular,
            FileType::Symlink => Kind::Other("symbolic link"),
            FileType::Fifo => Kind::Other("FIFO"),
            FileType::CharacterDevice => Kind::Other("character device"),
            FileType::BlockDevice => Kind::Other("block device"),
            FileType::Unknown => Kind::Unknown,
        }
    }

    /// The word for people, without an article.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Directory => "directory",
            Kind::Socket => "socket",
            Kind::Regular => "regular file",
            Kind::Other(word) => word,
            Kind::Unknown => "file of an unknown type",
        }
    }
}

/// What fstat(2) says of an open descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Which inode.
    pub inode: Inode,
    /// Its type.
    pub kind: Kind,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner; `None` for 4294967295, which is no user.
    pub uid: Option<Uid>,
    /// Its group; `None` for 4294967295, which is no group.
    pub gid: Option<Gid>,
    /// No name leads to it any more.
    pub removed: bool,
}

impl From<Stat> for Facts {
    fn from(stat: Stat) -> Facts {
        Facts {
            inode: Inode {
                dev: stat.st_dev,
                ino: stat.st_ino,
            },
            kind: Kind::from_file_type(FileType::from_raw_mode(stat.st_mode)),
            mode: Mode::from_st_mode(stat.st_mode),
            uid: Uid::new(stat.st_uid),
            gid: Gid::new(stat.st_gid),
            removed: stat.st_nlink == 0,
        }
    }
}
