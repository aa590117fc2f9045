//! A Kafka that asks who comes: TLS with and without client certificates, SCRAM, and an authorizer.
//!
//! Three ways lead to it: plaintext on loopback, whose user may do everything (what the tests themselves
//! use); TLS with a client certificate; SASL over TLS. Nobody but that first user has a right until a test
//! grants one. Certificates are made by `openssl` for this run and for the name `localhost` alone.

use crate::broker::{Absent, Broker};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The user that most tests come as.
const USER: &str = "palermo";
/// The users that there are, with their passwords.
const USERS: [(&str, &str); 2] = [(USER, "geheim-4711"), ("leaver", "geheim-4712")];

/// How long a connection lives until it has to prove again who it is.
const REAUTH_MS: u32 = 3_000;

/// The broker and what belongs to it.
#[derive(Debug)]
pub struct Secured {
    broker: Broker,
    folder: TempDir,
}

impl Secured {
    /// Makes certificates and starts the broker.
    ///
    /// # Errors
    /// No Java, no jars, no openssl, or it does not start.
    pub fn start() -> Result<Self, Absent> {
        let folder = tempfile::Builder::new()
            .prefix("palermo-secured-")
            .tempdir()
            .map_err(|error| Absent(format!("no temporary folder: {error}")))?;
        let at = folder.path();
        for ca in ["ca", "other-ca"] {
            certificate(at, ca, None, &[])?;
        }
        certificate(at, "broker", Some("ca"), &["-addext", "subjectAltName=DNS:localhost"])?;
        certificate(at, "palermo", Some("ca"), &[])?;
        certificate(at, "stranger", Some("other-ca"), &[])?;
        let both = read(at, "broker.key")? + &read(at, "broker.pem")?;
        write(at, "keystore.pem", &both)?;
        for (user, password) in USERS {
            write(at, &format!("{user}.password"), &format!("{password}\n"))?;
        }
        write(at, "wrong.password", "not-this-one\n")?;
        write(at, "extra.properties", &properties(at))?;
        let users: Vec<String> =
            USERS.iter().map(|(user, password)| format!("{user}={password}")).collect();
        let broker = Broker::start_with(&[
            ("KAFKA_EXTRA", at.join("extra.properties").display().to_string()),
            ("KAFKA_SCRAM", users.join(" ")),
        ])?;
        Ok(Self { broker, folder })
    }

    /// The way of the tests: plaintext, every right.
    pub const fn broker(&self) -> &Broker {
        &self.broker
    }

    /// The port that wants a client certificate.
    pub fn mutual_port(&self) -> u16 {
        self.broker.port().unwrap_or(0) + 2
    }

    /// The port that wants a user name and password.
    pub fn sasl_port(&self) -> u16 {
        self.broker.port().unwrap_or(0) + 3
    }

    /// A file that was made for it: `ca.pem`, `palermo.key`, `palermo.password` and so on.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn certificate(at: &Path, name: &str, ca: Option<&str>, more: &[&str]) -> Result<(), Absent> {
    let mut command = Command::new("openssl");
    command.current_dir(at).args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
    command.args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", &format!("/CN={name}")]);
    command.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]).args(more);
    if let Some(ca) = ca {
        command.args(["-CA", &format!("{ca}.pem"), "-CAkey", &format!("{ca}.key")]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    }
    let output = command
        .output()
        .map_err(|error| Absent(format!("no openssl ({error}): `setup.sh kafka` installs it")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Absent(format!("openssl: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

fn read(at: &Path, name: &str) -> Result<String, Absent> {
    std::fs::read_to_string(at.join(name)).map_err(|error| Absent(format!("{name}: {error}")))
}

fn write(at: &Path, name: &str, text: &str) -> Result<(), Absent> {
    use std::os::unix::fs::PermissionsExt;
    let path: PathBuf = at.join(name);
    std::fs::write(&path, text)
        .and_then(|()| std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)))
        .map_err(|error| Absent(format!("{name}: {error}")))
}

/// What makes a secured broker of the usual one; `kafka.sh` fills in the ports.
fn properties(at: &Path) -> String {
    let at = at.display();
    format!(
        "listeners=PLAINTEXT://127.0.0.1:@PORT@,MUTUAL://127.0.0.1:@PORT+2@,SASL://127.0.0.1:@PORT+3@,\
         CONTROLLER://127.0.0.1:@CONTROLLER_PORT@\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,MUTUAL://localhost:@PORT+2@,\
         SASL://localhost:@PORT+3@\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MUTUAL:SSL,\
         SASL:SASL_SSL\n\
         ssl.keystore.type=PEM\n\
         ssl.keystore.location={at}/keystore.pem\n\
         ssl.truststore.type=PEM\n\
         ssl.truststore.location={at}/ca.pem\n\
         listener.name.mutual.ssl.client.auth=required\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.sasl.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         listener.name.sasl.connections.max.reauth.ms={REAUTH_MS}\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS\n"
    )
}

/// Requests of an administrator that librdkafka's safe interface does not have, on a plaintext connection.
pub mod kafka_admin {
    use palermo_kafka::rights::{Operation, Resource, Right};
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    const CREATE_ACLS: i16 = 30;
    const DELETE_ACLS: i16 = 31;
    const ALTER_SCRAM: i16 = 51;

    /// Grants a right to a principal such as `User:palermo`.
    pub fn grant(bootstrap: &str, principal: &str, right: &Right) {
        let mut body = 1_i32.to_be_bytes().to_vec();
        let (kind, operation) = numbers(right);
        body.push(kind);
        text(&mut body, &right.name);
        body.push(3); // literal
        text(&mut body, principal);
        text(&mut body, "*");
        body.extend([operation, 3]); // allow
        let answer = ask(bootstrap, CREATE_ACLS, 1, false, &body);
        // Correlation, throttle time, number of answers; then the first one's error.
        assert_eq!(answer.get(12..14), Some([0, 0].as_slice()), "{right:?} is not granted");
    }

    /// Takes it away again.
    pub fn revoke(bootstrap: &str, principal: &str, right: &Right) {
        let mut body = 1_i32.to_be_bytes().to_vec();
        let (kind, operation) = numbers(right);
        body.push(kind);
        text(&mut body, &right.name);
        body.push(3);
        text(&mut body, principal);
        text(&mut body, "*");
        body.extend([operation, 3]);
        let answer = ask(bootstrap, DELETE_ACLS, 1, false, &body);
        assert_eq!(answer.get(12..14), Some([0, 0].as_slice()), "{right:?} is not revoked");
        // No message, and one right that fitted.
        assert_eq!(answer.get(16..20), Some([0, 0, 0, 1].as_slice()), "{right:?} was not there");
    }

    /// Deletes the SCRAM-SHA-512 credentials of a user.
    pub fn delete_user(bootstrap: &str, user: &str) {
        let length = |count: usize| u8::try_from(count + 1).expect("short");
        let mut body = vec![length(1), length(user.len())];
        body.extend(user.as_bytes());
        body.extend([2, 0]); // SCRAM-SHA-512, no tags
        body.extend([length(0), 0]); // nobody new, no tags
        let answer = ask(bootstrap, ALTER_SCRAM, 0, true, &body);
        // Correlation, tags, throttle time, number of answers, length and name of the user, error.
        let error = 4 + 1 + 4 + 1 + 1 + user.len();
        assert_eq!(
            answer.get(error..error + 2),
            Some([0, 0].as_slice()),
            "`{user}` is still there"
        );
    }

    fn numbers(right: &Right) -> (u8, u8) {
        let kind = match right.resource {
            Resource::Topic => 2,
            Resource::Group => 3,
            Resource::TransactionalId => 5,
        };
        let operation = match right.operation {
            Operation::Read => 3,
            Operation::Write => 4,
            Operation::DescribeConfigs => 10,
        };
        (kind, operation)
    }

    fn text(body: &mut Vec<u8>, text: &str) {
        body.extend(i16::try_from(text.len()).expect("short").to_be_bytes());
        body.extend(text.as_bytes());
    }

    fn ask(bootstrap: &str, key: i16, version: i16, flexible: bool, body: &[u8]) -> Vec<u8> {
        let mut request = key.to_be_bytes().to_vec();
        request.extend(version.to_be_bytes());
        request.extend(7_i32.to_be_bytes());
        request.extend((-1_i16).to_be_bytes()); // no client id
        if flexible {
            request.push(0);
        }
        request.extend(body);
        let mut stream = TcpStream::connect(bootstrap).expect("the broker listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        let size = u32::try_from(request.len()).expect("short");
        stream.write_all(&size.to_be_bytes()).expect("asked");
        stream.write_all(&request).expect("asked");
        let mut size = [0; 4];
        stream.read_exact(&mut size).expect("the broker answers");
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(size)).expect("short")];
        stream.read_exact(&mut answer).expect("the whole answer");
        answer
    }
}
