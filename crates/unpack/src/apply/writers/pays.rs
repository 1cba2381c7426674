//! Whether a layer's files are worth handing over.

/// Of the tar, for each small file so far: about what is inflated and hashed while one file is made.
const MEAN_MAX: u64 = 8 << 10;

/// Counts a layer's small files.
#[derive(Debug)]
pub(in crate::apply) struct Pays {
    files: u64,
    always: bool,
}

impl Pays {
    /// By what the layer is like; or always, where somebody wants it so.
    pub(in crate::apply) fn new(always: bool) -> Self {
        Self { files: 0, always }
    }

    /// Whether it does for the next small file, whose header is at `offset` of the layer's tar.
    pub(super) fn at(&mut self, offset: u64) -> bool {
        self.files += 1;
        self.always || offset / self.files <= MEAN_MAX
    }

    /// What comes is another layer's.
    pub(super) fn begin_layer(&mut self) {
        self.files = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_small_files_pay_and_few_large_ones_do_not() {
        let paying = |size: u64, always| {
            let mut pays = Pays::new(always);
            (0..1000).filter(|n| pays.at(n * size)).count()
        };
        assert_eq!(paying(2048, false), 1000);
        assert!(paying(64 << 10, false) < 10);
        assert_eq!(paying(64 << 10, true), 1000);
        // A layer of small files after one of large ones.
        let mut pays = Pays::new(false);
        assert!(!(1..50).any(|n| pays.at(n << 20)));
        pays.begin_layer();
        assert!((0..50).all(|n| pays.at(n << 10)));
    }
}
