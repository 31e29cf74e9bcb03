//! The rule packs that come with Hearken, in the binary: for the demo, and for a machine without the files.

/// Path below `rules/` and text of each file.
pub const PACKS: &[(&str, &str)] = &[
    ("de/expectation.toml", include_str!("../../rules/de/expectation.toml")),
    ("de/fraud.toml", include_str!("../../rules/de/fraud.toml")),
    ("de/logistics.toml", include_str!("../../rules/de/logistics.toml")),
    ("de/other.toml", include_str!("../../rules/de/other.toml")),
    ("de/price.toml", include_str!("../../rules/de/price.toml")),
    ("de/product_quality.toml", include_str!("../../rules/de/product_quality.toml")),
    ("de/sentiment.toml", include_str!("../../rules/de/sentiment.toml")),
    ("de/service_attitude.toml", include_str!("../../rules/de/service_attitude.toml")),
    ("de/severity.toml", include_str!("../../rules/de/severity.toml")),
    ("en/expectation.toml", include_str!("../../rules/en/expectation.toml")),
    ("en/fraud.toml", include_str!("../../rules/en/fraud.toml")),
    ("en/grave.toml", include_str!("../../rules/en/grave.toml")),
    ("en/logistics.toml", include_str!("../../rules/en/logistics.toml")),
    ("en/other.toml", include_str!("../../rules/en/other.toml")),
    ("en/price.toml", include_str!("../../rules/en/price.toml")),
    ("en/product_quality.toml", include_str!("../../rules/en/product_quality.toml")),
    ("en/sentiment.toml", include_str!("../../rules/en/sentiment.toml")),
    ("en/service_attitude.toml", include_str!("../../rules/en/service_attitude.toml")),
    ("en/severity.toml", include_str!("../../rules/en/severity.toml")),
    ("fr/expectation.toml", include_str!("../../rules/fr/expectation.toml")),
    ("fr/fraud.toml", include_str!("../../rules/fr/fraud.toml")),
    ("fr/logistics.toml", include_str!("../../rules/fr/logistics.toml")),
    ("fr/other.toml", include_str!("../../rules/fr/other.toml")),
    ("fr/price.toml", include_str!("../../rules/fr/price.toml")),
    ("fr/product_quality.toml", include_str!("../../rules/fr/product_quality.toml")),
    ("fr/sentiment.toml", include_str!("../../rules/fr/sentiment.toml")),
    ("fr/service_attitude.toml", include_str!("../../rules/fr/service_attitude.toml")),
    ("fr/severity.toml", include_str!("../../rules/fr/severity.toml")),
    ("ja/expectation.toml", include_str!("../../rules/ja/expectation.toml")),
    ("ja/fraud.toml", include_str!("../../rules/ja/fraud.toml")),
    ("ja/logistics.toml", include_str!("../../rules/ja/logistics.toml")),
    ("ja/other.toml", include_str!("../../rules/ja/other.toml")),
    ("ja/price.toml", include_str!("../../rules/ja/price.toml")),
    ("ja/product_quality.toml", include_str!("../../rules/ja/product_quality.toml")),
    ("ja/sentiment.toml", include_str!("../../rules/ja/sentiment.toml")),
    ("ja/service_attitude.toml", include_str!("../../rules/ja/service_attitude.toml")),
    ("ja/severity.toml", include_str!("../../rules/ja/severity.toml")),
    ("nl/expectation.toml", include_str!("../../rules/nl/expectation.toml")),
    ("nl/fraud.toml", include_str!("../../rules/nl/fraud.toml")),
    ("nl/logistics.toml", include_str!("../../rules/nl/logistics.toml")),
    ("nl/other.toml", include_str!("../../rules/nl/other.toml")),
    ("nl/price.toml", include_str!("../../rules/nl/price.toml")),
    ("nl/product_quality.toml", include_str!("../../rules/nl/product_quality.toml")),
    ("nl/sentiment.toml", include_str!("../../rules/nl/sentiment.toml")),
    ("nl/service_attitude.toml", include_str!("../../rules/nl/service_attitude.toml")),
    ("nl/severity.toml", include_str!("../../rules/nl/severity.toml")),
    ("severity.toml", include_str!("../../rules/severity.toml")),
    ("vi/expectation.toml", include_str!("../../rules/vi/expectation.toml")),
    ("vi/fraud.toml", include_str!("../../rules/vi/fraud.toml")),
    ("vi/logistics.toml", include_str!("../../rules/vi/logistics.toml")),
    ("vi/price.toml", include_str!("../../rules/vi/price.toml")),
    ("vi/product_quality.toml", include_str!("../../rules/vi/product_quality.toml")),
    ("vi/sentiment.toml", include_str!("../../rules/vi/sentiment.toml")),
    ("vi/service_attitude.toml", include_str!("../../rules/vi/service_attitude.toml")),
    ("vi/severity.toml", include_str!("../../rules/vi/severity.toml")),
    ("zh/books.toml", include_str!("../../rules/zh/books.toml")),
    ("zh/devices.toml", include_str!("../../rules/zh/devices.toml")),
    ("zh/expectation.toml", include_str!("../../rules/zh/expectation.toml")),
    ("zh/food.toml", include_str!("../../rules/zh/food.toml")),
    ("zh/fraud.toml", include_str!("../../rules/zh/fraud.toml")),
    ("zh/grave.toml", include_str!("../../rules/zh/grave.toml")),
    ("zh/logistics.toml", include_str!("../../rules/zh/logistics.toml")),
    ("zh/other.toml", include_str!("../../rules/zh/other.toml")),
    ("zh/price.toml", include_str!("../../rules/zh/price.toml")),
    ("zh/product_quality.toml", include_str!("../../rules/zh/product_quality.toml")),
    ("zh/rooms.toml", include_str!("../../rules/zh/rooms.toml")),
    ("zh/sentiment.toml", include_str!("../../rules/zh/sentiment.toml")),
    ("zh/service_attitude.toml", include_str!("../../rules/zh/service_attitude.toml")),
    ("zh/severity.toml", include_str!("../../rules/zh/severity.toml")),
    ("zh/wear.toml", include_str!("../../rules/zh/wear.toml")),
];

/// Name and bytes of the model that comes with the packs.
pub const TONE: (&str, &[u8]) = ("tone.model", include_bytes!("../../rules/tone.model"));

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folders_is_here() {
        let mut names = Vec::new();
        gather(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")), "", &mut names);
        names.sort();
        assert_eq!(names, PACKS.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    }

    fn gather(folder: &Path, above: &str, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the rules are there") {
            let path = entry.expect("an entry").path();
            let name = format!("{above}{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                gather(&path, &format!("{name}/"), names);
            } else if path.extension().is_some_and(|end| end == "toml") {
                names.push(name);
            }
        }
    }
}
