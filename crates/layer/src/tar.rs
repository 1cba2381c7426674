//! The strict tar reader.
