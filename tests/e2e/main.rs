//! End-to-end tests: the built binary beside other tools, on real trees. One binary, because each
//! would link everything again; one module a subject.

mod architecture;
mod bin;
mod docs;
mod fixtures;
