//! A database's address for other programs: everybody can read their arguments, so a password goes another way.

/// An address without its password, and the password.
pub(super) fn without_password(url: &str) -> (String, Option<String>) {
    let found = || {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, host) = authority.rsplit_once('@')?;
        let (user, password) = user.split_once(':')?;
        Some((format!("{scheme}://{user}@{host}{path}"), Some(decoded(password))))
    };
    found().unwrap_or_else(|| (url.to_owned(), None))
}

/// With every `%41` as what it stands for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *byte == b'%').and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_an_address_and_nothing_else() {
        let parts = |url| {
            let (address, password) = without_password(url);
            (address, password.unwrap_or_default())
        };
        let pair = |address: &str, password: &str| (address.to_owned(), password.to_owned());
        assert_eq!(
            parts("postgres://ada:a%40b%2f@db:5432/box?sslmode=require"),
            pair("postgres://ada@db:5432/box?sslmode=require", "a@b/")
        );
        for url in ["postgres://ada@db/box", "postgres:///box?user=a:b@c", "postgres://db", "box"] {
            assert_eq!(parts(url), pair(url, ""), "{url}");
        }
        assert_eq!(parts("postgres://a:100%@db"), pair("postgres://a@db", "100%"));
    }
}
