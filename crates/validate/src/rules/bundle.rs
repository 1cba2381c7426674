//! Rules about runtime bundles. runtime-spec `bundle.md` and `config.md`.

super::rules! {}
