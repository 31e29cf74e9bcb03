//! What reaches this machine alone.

use super::*;

#[test]
fn links_that_lead_to_this_machine_alone_are_told_of_where_mails_leave_it() {
    let folder = Folder::new();
    let far = MINIMAL.replace("host = \"localhost\"\ntls = \"none\"", "host = \"smtp.example.com\"");
    folder.put("hearken.toml", &far);
    let told = messages(folder.load(&[]));
    assert!(told.iter().any(|message| message.contains("lead to http://127.0.0.1:8420/")), "{told:?}");
    folder.put("hearken.toml", &format!("{far}\n[web]\npublic_url = \"https://hearken.example.com/\"\n"));
    assert_eq!(messages(folder.load(&[])), Vec::<String>::new());
}

#[test]
fn a_mailbox_of_this_machine_may_be_asked_as_often_as_a_site_of_it() {
    let folder = Folder::new();
    folder.put("mailbox", "a password");
    let mailbox = "[[source]]\nname = \"box\"\nkind = \"mail\"\nurl = \"imap://127.0.0.1:1143\"\nusername = \"a@example.com\"\npassword_file = \"mailbox\"\ninterval = \"1s\"\n";
    folder.put("hearken.toml", &format!("{MINIMAL}{mailbox}"));
    sound(folder.load(&[]));
}

#[test]
fn a_source_at_a_private_address_is_told_which_line_it_needs() {
    let folder = Folder::new();
    let preset = "[[source]]\nname = \"v2ex\"\npreset = \"rsshub\"\n[source.with]\nroute = \"/v2ex/topics/latest\"\nbase = \"http://192.168.1.5:1200\"\n\
                  [[source]]\nname = \"here\"\nkind = \"json\"\nurl = \"http://localhost:8080/x\"\njson = { items = \"/items\", text = \"/text\" }\n";
    folder.put("hearken.toml", &format!("{MINIMAL}{preset}"));
    let loaded = folder.load(&[]);
    let told: Vec<String> =
        loaded.as_ref().map(|loaded| &loaded.warnings).into_iter().flatten().filter_map(|told| told.help.clone()).collect();
    let wanted = ["192.168.1.5", "127.0.0.1"]
        .map(|address| format!("Write `allow_private = [\"{address}\"]` under `[http]`, or add it to the list there."));
    assert_eq!(told, wanted);
    folder.put("hearken.toml", &format!("{MINIMAL}{preset}[http]\nallow_private = [\"192.168.1.5\", \"127.0.0.1\"]\n"));
    assert_eq!(messages(folder.load(&[])), Vec::<String>::new());
}

#[test]
fn twenty_lines_are_enough() {
    let folder = Folder::new();
    folder.put("hearken.toml", MINIMAL);
    let settings = sound(folder.load(&[]));
    assert_eq!(settings.respond.ops, "care");
    assert_eq!(settings.respond.least_severity, Severity::Low);
    assert_eq!(settings.web.public_url.as_str(), "http://127.0.0.1:8420/");
    assert!(settings.store.url.expose().starts_with("sqlite:///"), "{}", settings.store.url.expose());
    assert!(settings.store.url.expose().ends_with("/hearken.db"));
}
