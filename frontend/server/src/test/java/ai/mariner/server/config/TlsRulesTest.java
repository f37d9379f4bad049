package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TlsConfig.ClientCertificates;
import ai.mariner.core.config.TlsConfig.KeyStoreFile;
import ai.mariner.core.config.TlsConfig.PemFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsRulesTest {
  @TempDir Path folder;
  private String files;
  private String store;

  @BeforeEach
  void makeCertificate() throws Exception {
    Path keystore = folder.resolve("keys.p12");
    Path certificate = folder.resolve("cert.pem");
    KeyTool.selfSigned(keystore, "-validity", "30");
    KeyTool.toPem(keystore, certificate, folder.resolve("key.pem"));
    files = "certificate_file=" + certificate;
    store = "keystore=" + keystore;
  }

  private String key() {
    return "private_key_file=" + folder.resolve("key.pem");
  }

  private static String address(int port) {
    return "inference_address=https://127.0.0.1:" + port;
  }

  @Test
  void restTakesTheStoreAndGrpcTheFilesWhereBothAreGiven() {
    ServerConfig config =
        Loading.mariner(address(8443), "enable_grpc_ssl=true", files, key(), store).config();
    assertThat(tls(config.inference()).keys()).isInstanceOf(KeyStoreFile.class);
    assertThat(tls(config.grpcInference()).keys()).isInstanceOf(PemFiles.class);
    assertThat(config.management().tls()).isNull();
    assertThat(config.inference()).hasToString("https://127.0.0.1:8443");
    assertThat(config.toString()).doesNotContain("changeit");
  }

  private static TlsConfig tls(ListenerAddress address) {
    TlsConfig tls = address.tls();
    assertThat(tls).isNotNull();
    return tls;
  }

  @Test
  void eachTakesWhatThereIs() {
    assertThat(tls(Loading.mariner(address(8443), files, key()).config().inference()).keys())
        .isInstanceOf(PemFiles.class);
    assertThat(tls(Loading.mariner("enable_grpc_ssl=true", store).config().grpcManagement()).keys())
        .isInstanceOf(KeyStoreFile.class);
  }

  @Test
  void portsThatAreLeftOutAreThoseOfTls() {
    ServerConfig config =
        Loading.mariner(
                "inference_address=https://localhost",
                "management_address=https://localhost",
                "metrics_address=https://localhost",
                store)
            .config();
    assertThat(config.inference().port()).isEqualTo(443);
    assertThat(config.management().port()).isEqualTo(8444);
    assertThat(config.metrics()).extracting("port").isEqualTo(8445);
  }

  @Test
  void authoritiesOfClientsMeanThatClientsMustShowCertificates() {
    String authorities = "client_ca_file=" + folder.resolve("cert.pem");
    TlsConfig asked =
        tls(Loading.mariner(address(8443), files, key(), authorities).config().inference());
    assertThat(asked.clients()).isEqualTo(ClientCertificates.REQUIRED);
    assertThat(
            tls(Loading.mariner(address(8443), store, authorities, "client_certificates=OPTIONAL")
                    .config()
                    .inference())
                .clients())
        .isEqualTo(ClientCertificates.OPTIONAL);
    assertThat(
            Loading.mariner(address(8443), files, key(), "client_certificates=required").problems())
        .containsExactly(
            "client_certificates: required (expected: client_ca_file is set too, or"
                + " client_certificates=none) [config.properties]");
  }

  @Test
  void aCertificateOfClientsIsAsGoodAsAToken() {
    String open = "inference_address=https://0.0.0.0:8443";
    assertThat(Loading.mariner(open, files, key()).warnings())
        .singleElement()
        .asString()
        .contains("open to other machines");
    Loading closed =
        Loading.mariner(open, files, key(), "client_ca_file=" + folder.resolve("cert.pem"));
    assertThat(closed.problems()).isEmpty();
    assertThat(closed.warnings()).isEmpty();
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThat(Loading.torchserve(address(8443)).problems())
        .containsExactly(
            "inference_address: https://127.0.0.1:8443 (expected: certificate_file and"
                + " private_key_file, or keystore, with the server's certificate; or no TLS)"
                + " [config.properties]");
    assertThat(Loading.mariner(address(8443), files).problems())
        .singleElement()
        .asString()
        .contains("(expected: private_key_file is set too)");
    assertThat(Loading.mariner(address(8443), "keystore=none.p12").problems())
        .singleElement()
        .asString()
        .contains("there is no such file");
    assertThat(Loading.mariner(address(8443), store, "keystore_pass=wrong").problems())
        .singleElement()
        .asString()
        .startsWith("keystore_pass: *** does not open")
        .doesNotContain("wrong ");
    assertThat(Loading.mariner(address(8443), store, files, key()).problems())
        .hasSize(2)
        .allSatisfy(text -> assertThat(text).contains("it applies to nothing"));
  }

  @Test
  void anExpiredCertificateIsAWarningThereAndAnErrorHere() throws Exception {
    Path old = folder.resolve("old.p12");
    KeyTool.selfSigned(old, "-startdate", "-10d", "-validity", "2");
    String[] lines = {address(8443), "keystore=" + old};
    assertThat(Loading.mariner(lines).problems())
        .singleElement()
        .asString()
        .contains("has expired on", "(expected: one that is valid)");
    Loading torchserve = Loading.torchserve(lines);
    assertThat(torchserve.problems()).isEmpty();
    assertThat(torchserve.warnings()).singleElement().asString().contains("has expired on");
  }
}
