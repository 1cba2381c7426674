//! Rules about layers. image-spec `layer.md`.

super::rules! {}
