//! What the fuzz targets share: edits that leave an input what it is.

pub mod edits;
