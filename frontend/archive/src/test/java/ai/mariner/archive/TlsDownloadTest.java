package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class TlsDownloadTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path root;
  private StoreRig rig;
  private HttpSite site;
  private SSLContext context;

  @BeforeEach
  void open() throws Exception {
    context = context(makeCertificate("models.example"));
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    site = HttpSite.on(server).file("/m.mar", Archives.zip(Archives.model()));
    rig = new StoreRig(root).allow("https?://.*");
    rig.resolver = host -> List.of(InetAddress.getLoopbackAddress());
    rig.tls = context.getSocketFactory();
  }

  @AfterEach
  void close() {
    site.close();
  }

  private Path makeCertificate(String host) throws Exception {
    Path store = root.resolve("keys.p12");
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process process =
        new ProcessBuilder(
                keytool.toString(),
                "-genkeypair",
                "-alias",
                "site",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + host,
                "-ext",
                "san=dns:" + host,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("keytool.log").toFile())
            .start();
    assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return store;
  }

  private static SSLContext context(Path file) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("site", keys.getCertificate("site"));
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, PASSWORD);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private String url(String host) {
    return "https://" + host + ":" + site.port() + "/m.mar";
  }

  @Test
  void checksTheCertificateAgainstTheHostThatWasAskedFor() {
    assertThat(rig.marStore().fetch(url("models.example")).manifest().modelName())
        .isEqualTo("echo");
    assertThat(site.hosts).containsExactly("models.example:" + site.port());
  }

  @Test
  void refusesTheCertificateOfAnotherHost() {
    rig.refusal(url("other.example"), ErrorKind.DOWNLOAD_FAILED);
    rig.refusal(url("127.0.0.1"), ErrorKind.DOWNLOAD_FAILED);
    assertThat(site.targets).isEmpty();
  }

  @Test
  void refusesACertificateThatNobodyTrusts() throws Exception {
    rig.tls = SSLContext.getDefault().getSocketFactory();
    rig.refusal(url("models.example"), ErrorKind.DOWNLOAD_FAILED);
  }

  @Test
  void doesNotFollowARedirectToPlainHttp() {
    site.redirect("/down.mar", 302, "http://models.example:" + site.port() + "/m.mar");
    String url = "https://models.example:" + site.port() + "/down.mar";
    assertThat(rig.refusal(url, ErrorKind.URL_NOT_ALLOWED)).contains("expected: https");
  }

  @Test
  void endsInTimeWhenTheHandshakeStalls() throws Exception {
    rig.downloadTimeout = java.time.Duration.ofMillis(300);
    try (java.net.ServerSocket silent =
        new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "https://models.example:" + silent.getLocalPort() + "/m.mar";
      assertThat(rig.refusal(url, ErrorKind.DOWNLOAD_FAILED)).contains("took longer");
    }
  }
}
