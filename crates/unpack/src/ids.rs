//! Owners: from ids in the image to ids on the host.
//!
//! Ranges are written as umoci and newuidmap users write them, `container:host:size`; an id that no
//! range covers is an error, never silently someone else's.

use std::fmt;
use std::str::FromStr;

use crate::error::Failure;

/// `size` ids from `container` on stand for those from `host` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    container: u32,
    host: u32,
    size: u32,
}

/// Why text or numbers are no [`IdRange`] or [`IdMap`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid id mapping {text:?}: {reason}")]
pub struct IdMapError {
    text: String,
    reason: &'static str,
}

impl IdRange {
    /// A range that wraps around, is empty, or reaches the id that stands for "none" is an error.
    pub fn new(container: u32, host: u32, size: u32) -> Result<Self, IdMapError> {
        let range = Self { container, host, size };
        let fits = |start: u32| start.checked_add(size).is_some();
        if size == 0 || !fits(container) || !fits(host) {
            let reason = "the size must be at least 1, and both ends below 4294967295";
            return Err(IdMapError { text: range.to_string(), reason });
        }
        Ok(range)
    }

    /// First id in the container.
    pub fn container(&self) -> u32 {
        self.container
    }

    /// First id on the host.
    pub fn host(&self) -> u32 {
        self.host
    }

    /// How many.
    pub fn size(&self) -> u32 {
        self.size
    }

    fn to_container(self, id: u32) -> Option<u32> {
        let offset = id.checked_sub(self.host)?;
        (offset < self.size).then(|| self.container + offset)
    }

    fn to_host(self, id: u32) -> Option<u32> {
        let offset = id.checked_sub(self.container)?;
        (offset < self.size).then(|| self.host + offset)
    }
}

impl fmt::Display for IdRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.container, self.host, self.size)
    }
}

impl FromStr for IdRange {
    type Err = IdMapError;

    fn from_str(text: &str) -> Result<Self, IdMapError> {
        let wrong = || IdMapError {
            text: text.to_owned(),
            reason: "expected container:host:size, for example 0:100000:65536",
        };
        let numbers: Vec<u32> =
            text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        match numbers[..] {
            [container, host, size] => Self::new(container, host, size),
            _ => Err(wrong()),
        }
    }
}

/// Both maps. An empty one leaves ids as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdMap {
    uid: Vec<IdRange>,
    gid: Vec<IdRange>,
}

impl IdMap {
    /// Ids on the host are those of the image.
    pub fn identity() -> Self {
        Self::default()
    }

    /// Ranges that overlap inside the container, so that an id would have two owners, are an error.
    pub fn new(uid: Vec<IdRange>, gid: Vec<IdRange>) -> Result<Self, IdMapError> {
        for ranges in [&uid, &gid] {
            let mut sorted = ranges.clone();
            sorted.sort_by_key(|range| range.container);
            for pair in sorted.windows(2) {
                if let [a, b] = pair
                    && a.container + a.size > b.container
                {
                    return Err(IdMapError { text: b.to_string(), reason: "it overlaps another range" });
                }
            }
        }
        Ok(Self { uid, gid })
    }

    /// The ranges for users.
    pub fn uid_ranges(&self) -> &[IdRange] {
        &self.uid
    }

    /// The ranges for groups.
    pub fn gid_ranges(&self) -> &[IdRange] {
        &self.gid
    }

    /// The host's user for the image's.
    pub(crate) fn host_uid(&self, id: u32) -> Result<u32, Failure> {
        map(&self.uid, id, "uid")
    }

    /// The image's user for the host's; `None` where no range has it.
    pub fn container_uid(&self, host: u32) -> Option<u32> {
        container(&self.uid, host)
    }

    /// The image's group for the host's; `None` where no range has it.
    pub fn container_gid(&self, host: u32) -> Option<u32> {
        container(&self.gid, host)
    }

    /// The image's user for the host's; root where there is none.
    pub(crate) fn image_uid(&self, id: u32) -> u32 {
        self.container_uid(id).unwrap_or(0)
    }

    /// The image's group for the host's; root's where there is none.
    pub(crate) fn image_gid(&self, id: u32) -> u32 {
        self.container_gid(id).unwrap_or(0)
    }

    /// The host's group for the image's.
    pub(crate) fn host_gid(&self, id: u32) -> Result<u32, Failure> {
        map(&self.gid, id, "gid")
    }
}

fn container(ranges: &[IdRange], id: u32) -> Option<u32> {
    if ranges.is_empty() { Some(id) } else { ranges.iter().find_map(|range| range.to_container(id)) }
}

fn map(ranges: &[IdRange], id: u32, what: &str) -> Result<u32, Failure> {
    if ranges.is_empty() {
        return Ok(id);
    }
    ranges.iter().find_map(|range| range.to_host(id)).ok_or_else(|| {
        Failure::Refused(format!("{what} {id} is not in the --{what}-map; extend it, or use --rootless"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_map_and_refuse() {
        let ranges = vec!["0:1000:1".parse().unwrap(), "1:100000:65535".parse().unwrap()];
        let map = IdMap::new(ranges, vec![]).unwrap();
        assert_eq!(map.host_uid(0).unwrap(), 1000);
        assert_eq!(map.host_uid(65535).unwrap(), 165_534);
        assert!(map.host_uid(65536).unwrap_err().to_string().contains("uid 65536 is not in the --uid-map"));
        assert_eq!(map.host_gid(7).unwrap(), 7, "an empty map is the identity");
    }

    #[test]
    fn bad_ranges_are_refused() {
        for text in
            ["", "1", "1:2", "1:2:3:4", "a:0:1", "0:0:0", "-1:0:1", "4294967295:0:1", "1:4294967290:10"]
        {
            assert!(text.parse::<IdRange>().is_err(), "{text}");
        }
        let overlapping = vec!["0:0:10".parse().unwrap(), "9:100:1".parse().unwrap()];
        assert!(IdMap::new(overlapping, vec![]).is_err());
    }
}
