//! Who is the same buyer: whoever has the same e-mail address, however it is written. The log only learns a keyed hash
//! of it, which is the same for all orders of one buyer and says nothing to those without the key.

use boxoffice_domain::digest::Digest;

use crate::auth::Guard;

/// Providers that do not look at dots before the `@`.
const WITHOUT_DOTS: [&str; 2] = ["gmail.com", "googlemail.com"];

/// What all orders of that address have in common.
#[must_use]
pub fn key(guard: &Guard, email: &str) -> Digest {
    Digest::from_bytes(guard.keys().lasting_mac("buyer", normalised(email).as_bytes()))
}

/// The mailbox that an address leads to: without capitals and blanks, without what follows a `+`, and without dots
/// where the provider does not look at them.
fn normalised(email: &str) -> String {
    let email = email.trim().to_lowercase();
    let Some((mailbox, domain)) = email.rsplit_once('@') else { return email };
    let domain = domain.trim_end_matches('.');
    let mailbox = mailbox.split_once('+').map_or(mailbox, |(mailbox, _)| mailbox);
    if WITHOUT_DOTS.contains(&domain) {
        return format!("{}@{}", mailbox.replace('.', ""), WITHOUT_DOTS.first().copied().unwrap_or(domain));
    }
    format!("{mailbox}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_is_one_buyer() {
        for email in ["ada@example.org", " ADA@Example.ORG ", "ada+tickets@example.org", "Ada+@example.org."]
        {
            assert_eq!(normalised(email), "ada@example.org", "{email}");
        }
        for email in ["adalovelace@gmail.com", "a.d.a.lovelace+x@googlemail.com"] {
            assert_eq!(normalised(email), "adalovelace@gmail.com", "{email}");
        }
    }

    #[test]
    fn others_are_others() {
        let emails = ["a.da@example.org", "ada@example.com", "ada@gmail.com", "ada", "ada@mail.example.org"];
        let normal: std::collections::BTreeSet<String> =
            emails.iter().map(|email| normalised(email)).collect();
        assert_eq!(normal.len(), emails.len());
    }
}
