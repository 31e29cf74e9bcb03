//! FreshRSS's dots into JSON, `data.items[0].name`, to JSON pointers (RFC 6901).

/// The pointer of a path in dots; a leading `$.` is allowed.
///
/// # Errors
/// What of it is no path, in words.
pub(super) fn pointer(dots: &str) -> Result<String, String> {
    let path = dots.trim();
    let path = path.strip_prefix('$').map_or(path, |rest| rest.strip_prefix('.').unwrap_or(rest));
    if path.contains('&') || path.contains(['"', '\'']) {
        return Err("texts put together with `&` have no counterpart: write a template or `{ join = [..] }`".to_owned());
    }
    let mut pointer = String::new();
    for part in path.split('.') {
        let (name, indices) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        if !name.is_empty() {
            pointer.push('/');
            pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        } else if indices.is_empty() {
            return Err("a name is missing between two dots".to_owned());
        }
        if !indices.is_empty() && !indices.ends_with(']') {
            return Err(format!("`{part}` has a bracket that is not closed"));
        }
        for index in indices.split_terminator(']') {
            let number = index.strip_prefix('[').filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
            let number = number.ok_or_else(|| format!("`{part}` is no name with numbers in brackets"))?;
            pointer.push('/');
            pointer.push_str(number);
        }
    }
    if pointer.is_empty() { Err("it is empty".to_owned()) } else { Ok(pointer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_brackets() {
        assert_eq!(pointer("data.items").as_deref(), Ok("/data/items"));
        assert_eq!(pointer("$.links[1].a/b").as_deref(), Ok("/links/1/a~1b"));
        assert_eq!(pointer("a[0][2]").as_deref(), Ok("/a/0/2"));
        for wrong in ["", "a..b", "a & \"x\"", "a[x]", "a[1"] {
            assert!(pointer(wrong).is_err(), "{wrong}");
        }
    }
}
