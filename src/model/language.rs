//! The languages Hearken speaks to people.

/// Tags as departments and rule files write them; any other is answered in the last.
pub const LANGUAGES: [&str; 3] = ["zh-TW", "zh-CN", "en"];
