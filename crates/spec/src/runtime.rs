//! The runtime-spec document, `config.json`, as far as this toolkit writes it.
