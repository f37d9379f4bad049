package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Path;
import java.time.Duration;

/** Keys of TLS: which certificate is shown, and whose are asked for. */
final class TlsSettings {
  final Chapter chapter = new Chapter(Section.TLS);

  final Setting<Path> certificateFile =
      chapter.row(
          "certificate_file",
          Syntax.path(),
          Fallback.NONE,
          "The server's certificate in PEM, then those of its issuers.");
  final Setting<Path> privateKeyFile =
      chapter.row(
          "private_key_file",
          Syntax.path(),
          Fallback.NONE,
          "Its private key in PEM: PKCS#8, PKCS#1 or SEC 1.");
  final Setting<String> privateKeyPass =
      chapter.row(
          "private_key_pass",
          Syntax.text(),
          Fallback.NONE,
          "Password of an encrypted private key; `$$NAME$$` takes it from the environment.");
  final Setting<Path> keystore =
      chapter.row(
          "keystore",
          Syntax.path(),
          Fallback.NONE,
          "A Java key store, instead of the two files; its first key counts. With both, REST takes"
              + " the store and gRPC the files.");
  final Setting<String> keystorePass =
      chapter.row(
          "keystore_pass", Syntax.text(), "changeit", "Password of the key store and its key.");
  final Setting<String> keystoreType =
      chapter.row(
          "keystore_type",
          Syntax.oneOf("pkcs12", "jks"),
          "PKCS12",
          "Kind of the key store: `PKCS12` or `JKS`.");
  final Setting<Boolean> enableGrpcSsl =
      chapter.row(
          "enable_grpc_ssl", Syntax.bool(), "false", "Whether both gRPC listeners speak TLS.");
  final Setting<String> leastVersion =
      chapter.row(
          "tls_min_version",
          Syntax.oneOf("1.2", "1.3"),
          "1.2",
          "The oldest version of TLS that clients may speak: `1.2` or `1.3`.");
  final Setting<Path> clientCaFile =
      chapter.row(
          "client_ca_file",
          Syntax.path(),
          Fallback.NONE,
          "Authorities in PEM. When it is set, clients of all listeners with TLS show a certificate"
              + " that one of them has signed.");
  final Setting<String> clientCertificates =
      chapter.row(
          "client_certificates",
          Syntax.oneOf("none", "optional", "required"),
          Fallback.computed("`required` if `client_ca_file` is set, else `none`"),
          "`optional`: clients may come without a certificate; one that is shown must be good.");
  final Setting<Duration> reloadInterval =
      chapter.row(
          "certificate_reload_interval",
          Syntax.seconds(),
          "10",
          "How often the files above are looked at. Changed ones are taken without a restart once"
              + " they are the same at two looks.");
}
