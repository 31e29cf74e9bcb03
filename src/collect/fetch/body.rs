//! What is sent by POST, with the secrets that belong into it: put in at the last moment, so that no request, log or error has them.

use serde_json::Value;
use url::form_urlencoded;

use crate::model::Secret;

/// The body with each secret in its place: under its pointer in a body of JSON, as one more field of a form. None where a pointer's
/// parents are not there, which the settings refuse.
#[must_use]
pub fn with_secrets(text: &str, secrets: &[(String, Secret)]) -> Option<String> {
    if secrets.is_empty() {
        return Some(text.to_owned());
    }
    let Ok(mut json) = serde_json::from_str::<Value>(text) else {
        let mut form = form_urlencoded::Serializer::new(text.to_owned());
        form.extend_pairs(secrets.iter().map(|(name, secret)| (name, secret.expose())));
        return Some(form.finish());
    };
    for (pointer, secret) in secrets {
        set_member(&mut json, pointer, secret.expose().into())?;
    }
    Some(json.to_string())
}

/// Sets the member at a JSON pointer (RFC 6901) whose parents are there.
pub fn set_member(body: &mut Value, pointer: &str, value: Value) -> Option<()> {
    if let Some(there) = body.pointer_mut(pointer) {
        *there = value;
        return Some(());
    }
    let (parent, name) = pointer.rsplit_once('/')?;
    let members = body.pointer_mut(parent)?.as_object_mut()?;
    members.insert(name.replace("~1", "/").replace("~0", "~"), value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, name: &str) -> Option<String> {
        with_secrets(text, &[(name.to_owned(), Secret::new("a\"b&c"))])
    }

    #[test]
    fn a_secret_stands_where_its_pointer_says_whatever_it_is_made_of() {
        assert_eq!(
            filled(r#"{"auth":{"token":""},"q":"tea"}"#, "/auth/token").as_deref(),
            Some(r#"{"auth":{"token":"a\"b&c"},"q":"tea"}"#)
        );
        assert_eq!(filled(r#"{"q":"tea"}"#, "/a~1b").as_deref(), Some(r#"{"a/b":"a\"b&c","q":"tea"}"#));
        assert_eq!(filled(r#"[{"k":1}]"#, "/0/k").as_deref(), Some(r#"[{"k":"a\"b&c"}]"#));
        assert_eq!(filled("q=tea", "key").as_deref(), Some("q=tea&key=a%22b%26c"));
        assert_eq!(filled(r#"{"q":"tea"}"#, "/auth/token"), None);
        assert_eq!(with_secrets("{ \"q\" :1}", &[]).as_deref(), Some("{ \"q\" :1}"), "as it stands");
    }
}
