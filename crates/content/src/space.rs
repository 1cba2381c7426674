//! How much room the images of a store take: each on its own, and what several share.
//!
//! Only documents are read, each once; of other blobs it is asked how large they are. The graph is kept as numbers,
//! so that the question which images reach a blob costs no more than following edges.
//!
//! ```
//! use ocidian_content::{MemoryStore, Space};
//! use ocidian_spec::MediaType;
//!
//! let store = MemoryStore::new();
//! # let empty = store.insert(MediaType::Empty, b"{}")?;
//! # let layer = |text: &[u8]| store.insert(MediaType::Other("text/plain".to_owned()), text);
//! # let common = layer(b"in both")?;
//! for text in ["one", "two"] {
//!     // Two images with a layer of their own each, and one in common.
//! #   let own = layer(text.as_bytes())?;
//! #   let manifest = format!(r#"{{"schemaVersion": 2, "config": {{"mediaType": "{}", "digest": "{}",
//! #       "size": 2}}, "layers": [{{"mediaType": "text/plain", "digest": "{}", "size": 7}},
//! #       {{"mediaType": "text/plain", "digest": "{}", "size": 3}}]}}"#, empty.media_type, empty.digest, common.digest, own.digest);
//! #   let manifest = manifest.into_bytes();
//!     store.push_entry(store.insert(MediaType::ImageManifest, &manifest)?);
//! }
//! let space = Space::of(&store, None)?;
//! assert_eq!(space.images[0].shared(), 7 + 2, "the layer and the config that both have");
//! assert_eq!(space.images[0].own, 3 + space.images[0].descriptor.size);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod graph;

use std::collections::HashMap;

use ocidian_spec::{Descriptor, RefName};

use self::graph::{Follow, Graph};
use crate::error::{Error, Result};
use crate::names;
use crate::store::{Store, Stored};

/// The room that a store's images take.
#[derive(Debug)]
pub struct Space {
    /// One for each digest that is listed, in the order of the list.
    pub images: Vec<ImageSpace>,
    /// Blobs that they reach and the store holds.
    pub blobs: u64,
    /// Bytes of these.
    pub size: u64,
    /// Documents that could not be read, so that what is below them is missing from all figures; the first says
    /// why.
    pub damaged: Option<(u64, Error)>,
}

/// The room that one image takes: a manifest or an index with all that it leads to, its subject left out.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageSpace {
    /// As it is listed first.
    pub descriptor: Descriptor,
    /// All names of it.
    pub names: Vec<RefName>,
    /// Blobs that the store holds of it.
    pub blobs: u64,
    /// Bytes of these.
    pub size: u64,
    /// Bytes of those among them that no other image reaches.
    pub own: u64,
    /// Blobs of it that the store does not hold.
    pub absent: u64,
}

impl ImageSpace {
    /// Bytes that other images of the store reach too.
    pub fn shared(&self) -> u64 {
        self.size.saturating_sub(self.own)
    }
}

impl Space {
    /// Measures all that `store` lists. Where it is known what the store holds (`stored`), it is not asked for each
    /// blob.
    ///
    /// # Errors
    ///
    /// Where the list cannot be read, and for a graph beyond all limits. A damaged document is no error.
    pub fn of(store: &dyn Store, stored: Option<&[Stored]>) -> Result<Self> {
        let mut graph = Graph::new(store, stored);
        let mut images: Vec<(u32, ImageSpace)> = Vec::new();
        let mut known: HashMap<u32, usize> = HashMap::new();
        for (_, entry) in store.list()? {
            let node = graph.add(&entry)?;
            let at = *known.entry(node).or_insert_with(|| {
                images.push((node, ImageSpace::empty(&entry)));
                images.len() - 1
            });
            if let Some((_, image)) = images.get_mut(at) {
                image.names.extend(names::name_of(&entry));
            }
        }
        graph.read()?;
        let mut reached = vec![0_u32; graph.nodes.len()];
        let mut follow = Follow::new(&graph);
        for (root, _) in &images {
            follow.each(*root, |node| {
                if let Some(count) = reached.get_mut(node as usize) {
                    *count += 1;
                }
            })?;
        }
        for (root, image) in &mut images {
            follow.each(*root, |node| {
                if let (Some(met), Some(count)) = (graph.node(node), reached.get(node as usize)) {
                    image.add(met.size, *count == 1);
                }
            })?;
        }
        let held = graph.nodes.iter().zip(&reached).filter(|(_, count)| **count > 0);
        let sizes = held.filter_map(|(node, _)| node.size);
        let (blobs, size) =
            sizes.fold((0, 0_u64), |(blobs, sum), size| (blobs + 1, sum.saturating_add(size)));
        let images = images.into_iter().map(|(_, image)| image).collect();
        Ok(Self { images, blobs, size, damaged: graph.damaged })
    }
}

impl ImageSpace {
    fn empty(descriptor: &Descriptor) -> Self {
        Self { descriptor: descriptor.clone(), names: Vec::new(), blobs: 0, size: 0, own: 0, absent: 0 }
    }

    fn add(&mut self, size: Option<u64>, alone: bool) {
        let Some(size) = size else {
            self.absent += 1;
            return;
        };
        self.blobs += 1;
        self.size = self.size.saturating_add(size);
        if alone {
            self.own = self.own.saturating_add(size);
        }
    }
}
