//! Every setting, once: its flag, its variable in the environment and its line in a file.
//!
//! A flag wins over the environment, the environment over the file, the file over the default. The file has lines
//! `BOXOFFICE_LISTEN=127.0.0.1:8080`: the names are those of the environment, so that the same file serves as
//! `EnvironmentFile=` of systemd and as `--env-file` of a container. This is the only place that looks at the
//! environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

/// A setting, for the documentation and for the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the environment and in the file.
    pub variable: &'static str,
    /// Its flag on the command line.
    pub flag: &'static str,
    /// What holds where nobody says otherwise.
    pub default: &'static str,
    /// What it is, for an operator.
    pub meaning: &'static str,
}

const DATA: Setting = Setting {
    variable: "BOXOFFICE_DATA",
    flag: "--data",
    default: "boxoffice-data",
    meaning: "The data folder. It is made if it does not exist; one server uses it at a time.",
};

pub(crate) const DATABASE: Setting = Setting {
    variable: "BOXOFFICE_DATABASE",
    flag: "--database",
    default: "",
    meaning: "A PostgreSQL database for the log, as postgres://user:password@host:5432/name. Without one, the log is in the data folder. `boxoffice migrate` prepares it.",
};

const LISTEN: Setting = Setting {
    variable: "BOXOFFICE_LISTEN",
    flag: "--listen",
    default: "127.0.0.1:8080",
    meaning: "The address to listen on. Port 0 takes any free port.",
};

const LOG: Setting = Setting {
    variable: "BOXOFFICE_LOG",
    flag: "--log",
    default: "info",
    meaning: "What is logged to standard error: error, warn, info, debug or trace, also by module as warn,boxoffice=debug.",
};

const NO_TIMERS: Setting = Setting {
    variable: "BOXOFFICE_NO_TIMERS",
    flag: "--no-timers",
    default: "false",
    meaning: "For tests: lapsed holds are recorded with the next command only. What is sold to whom does not change.",
};

/// All settings that a configuration file may have.
pub const SETTINGS: [Setting; 5] = [DATA, DATABASE, LISTEN, LOG, NO_TIMERS];

/// The variable that names the file; it cannot stand in the file itself.
pub(crate) const CONFIG: &str = "BOXOFFICE_CONFIG";

const PREFIX: &str = "BOXOFFICE_";

/// A setting that cannot be used; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

/// Where the data is.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The data folder [default: boxoffice-data]
    #[arg(long, value_name = "DIR", env = DATA.variable, hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// The PostgreSQL database that has the log [default: none, the log is in the data folder]
    #[arg(long, value_name = "URL", env = DATABASE.variable, hide_env_values = true)]
    pub database: Option<String>,
    /// A file of settings, one NAME=VALUE a line, with the names of the environment variables
    #[arg(long, value_name = "FILE", env = CONFIG, hide_env_values = true)]
    pub config: Option<PathBuf>,
}

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// In a data folder.
    Folder(PathBuf),
    /// In a PostgreSQL database.
    Database(String),
}

impl Place {
    /// Where the log is.
    ///
    /// # Errors
    /// The configuration file cannot be used.
    pub fn log(&self) -> Result<LogPlace, SettingsError> {
        let file = self.file()?;
        // A folder that is named is meant, whatever the file says.
        let named = self.data.is_some() && self.database.is_none();
        let database = self.database_with(&file).filter(|_| !named);
        Ok(database.map_or_else(|| LogPlace::Folder(self.folder_with(&file)), LogPlace::Database))
    }

    /// The database, if there is one.
    ///
    /// # Errors
    /// The configuration file cannot be used.
    pub fn database(&self) -> Result<Option<String>, SettingsError> {
        Ok(self.database_with(&self.file()?))
    }

    fn database_with(&self, file: &File) -> Option<String> {
        let url = self.database.clone().unwrap_or_else(|| file.or_default(DATABASE));
        Some(url).filter(|url| !url.is_empty())
    }

    fn file(&self) -> Result<File, SettingsError> {
        self.config.as_deref().map_or(Ok(File::default()), File::read)
    }

    fn folder_with(&self, file: &File) -> PathBuf {
        self.data.clone().unwrap_or_else(|| file.or_default(DATA).into())
    }
}

/// What a server can be told.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// Where the data is.
    #[command(flatten)]
    pub place: Place,
    /// The address to listen on; port 0 takes any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = LISTEN.variable, hide_env_values = true)]
    pub listen: Option<String>,
    /// What to log: error, warn, info, debug, trace, also by module as warn,boxoffice=debug [default: info]
    #[arg(long, value_name = "FILTER", env = LOG.variable, hide_env_values = true)]
    pub log: Option<String>,
    /// Record lapsed holds with the next command only
    #[arg(long, hide = true, env = NO_TIMERS.variable)]
    pub no_timers: bool,
}

/// What a server has been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// The data folder.
    pub data: PathBuf,
    /// The database that has the log, if the data folder has not.
    pub database: Option<String>,
    /// The address to listen on.
    pub listen: String,
    /// What is logged.
    pub log: String,
    /// Whether lapsed holds are recorded when they lapse.
    pub timers: bool,
}

impl ServerArgs {
    /// The settings that follow from flags, environment and file.
    ///
    /// # Errors
    /// The configuration file cannot be used.
    pub fn settle(&self) -> Result<ServerSettings, SettingsError> {
        let file = self.place.file()?;
        Ok(ServerSettings {
            data: self.place.folder_with(&file),
            database: self.place.database_with(&file),
            listen: self.listen.clone().unwrap_or_else(|| file.or_default(LISTEN)),
            log: self.log.clone().unwrap_or_else(|| file.or_default(LOG)),
            timers: !(self.no_timers || file.is_on(NO_TIMERS)?),
        })
    }
}

/// What a configuration file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct File {
    path: PathBuf,
    values: BTreeMap<&'static str, String>,
}

impl File {
    fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            SettingsError(format!("the settings in {} cannot be read: {error}", path.display()))
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let mut values = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| SettingsError(format!("{}, line {number}: {what}", path.display()));
            let (name, value) = line.split_once('=').ok_or_else(|| wrong("expected NAME=VALUE"))?;
            let name = name.trim();
            let Some(setting) = SETTINGS.iter().find(|setting| setting.variable == name) else {
                let known = SETTINGS.map(|setting| setting.variable).join(", ");
                return Err(wrong(&format!("there is no setting {name}; there are {known}")));
            };
            if values.insert(setting.variable, unquoted(value.trim()).to_owned()).is_some() {
                return Err(wrong(&format!("{name} stands here a second time")));
            }
        }
        Ok(Self { path: path.to_owned(), values })
    }

    fn or_default(&self, setting: Setting) -> String {
        self.values.get(setting.variable).map_or(setting.default, String::as_str).to_owned()
    }

    fn is_on(&self, setting: Setting) -> Result<bool, SettingsError> {
        match self.or_default(setting).to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" | "" => Ok(false),
            other => {
                let name = setting.variable;
                let path = self.path.display();
                Err(SettingsError(format!("{path}: {name} is {other}; expected true or false")))
            }
        }
    }
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

/// Variables of the environment that look like settings and are none: misspelt, most likely.
#[must_use]
pub fn unknown_variables() -> Vec<String> {
    unknown_among(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

fn unknown_among(names: impl Iterator<Item = String>) -> Vec<String> {
    let is_known = |name: &str| name == CONFIG || SETTINGS.iter().any(|setting| setting.variable == name);
    names.filter(|name| name.starts_with(PREFIX) && !is_known(name)).collect()
}

/// How many colours a terminal view may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: the user asked for none (`NO_COLOR`), or the terminal has none.
    None,
    /// The 256 that nearly every terminal has.
    Few,
    /// All of them.
    All,
}

/// How many colours the terminal has and the user wants.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that looks at the environment")]
pub fn colours() -> Colours {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if variable("NO_COLOR").is_some() || variable("TERM").is_none_or(|term| term == "dumb") {
        return Colours::None;
    }
    match variable("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => Colours::All,
        _ => Colours::Few,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File, SettingsError> {
        File::parse(Path::new("my.env"), text)
    }

    #[test]
    fn a_file_has_comments_blank_lines_and_quotes() {
        let file =
            parse("# where\n\nBOXOFFICE_DATA = '/var/lib/box office'\nBOXOFFICE_LISTEN=\"[::1]:80\"\n")
                .unwrap();
        assert_eq!(file.or_default(DATA), "/var/lib/box office");
        assert_eq!(file.or_default(LISTEN), "[::1]:80");
        assert_eq!(file.or_default(LOG), "info");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line() {
        for (text, expected) in [
            ("\nlisten", "my.env, line 2: expected NAME=VALUE"),
            ("BOXOFFICE_LOG=a\nBOXOFFICE_LOG=b", "my.env, line 2: BOXOFFICE_LOG stands here a second time"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
        let unknown = parse("BOXOFFICE_PORT=1").unwrap_err().to_string();
        assert!(
            unknown
                .starts_with("my.env, line 1: there is no setting BOXOFFICE_PORT; there are BOXOFFICE_DATA,")
        );
        let neither = parse("BOXOFFICE_NO_TIMERS=maybe").unwrap().is_on(NO_TIMERS).unwrap_err().to_string();
        assert_eq!(neither, "my.env: BOXOFFICE_NO_TIMERS is maybe; expected true or false");
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("boxoffice.env");
        std::fs::write(
            &path,
            "BOXOFFICE_LISTEN=127.0.0.1:1\nBOXOFFICE_LOG=debug\nBOXOFFICE_NO_TIMERS=true\n",
        )
        .unwrap();
        let place = Place { data: None, database: None, config: Some(path) };
        let arguments = ServerArgs { place, listen: Some("127.0.0.1:2".into()), ..ServerArgs::default() };
        let settled = arguments.settle().unwrap();
        assert_eq!(
            settled,
            ServerSettings {
                data: "boxoffice-data".into(),
                database: None,
                listen: "127.0.0.1:2".into(),
                log: "debug".into(),
                timers: false
            }
        );
    }

    #[test]
    fn a_misspelt_variable_is_noticed() {
        let names = ["BOXOFFICE_DATA", "BOXOFFICE_CONFIG", "BOXOFFICE_LISTNE", "PATH"].map(str::to_owned);
        assert_eq!(unknown_among(names.into_iter()), ["BOXOFFICE_LISTNE"]);
    }
}
