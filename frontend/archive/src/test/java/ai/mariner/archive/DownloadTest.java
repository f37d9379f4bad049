package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.model.ModelArchive;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
final class DownloadTest {
  private static final byte[] MODEL = Archives.zip(Archives.model());

  @TempDir Path root;
  private StoreRig rig;
  private HttpSite site;

  @BeforeEach
  void open() throws IOException {
    rig = new StoreRig(root).allow("http://.*");
    site = HttpSite.open();
  }

  @AfterEach
  void close() {
    site.close();
  }

  @Test
  void fetchesToTheStoreAndTakesItBackAtRelease() {
    site.file("/m.mar", MODEL);
    ModelArchive archive = rig.marStore().fetch(site.url("/m.mar?signature=s%2F1"));
    assertThat(archive.manifest().modelName()).isEqualTo("echo");
    assertThat(archive.location()).isEqualTo(site.url("/m.mar?signature=s%2F1"));
    assertThat(rig.store.resolve("m.mar")).hasBinaryContent(MODEL);
    assertThat(rig.leftovers()).hasSize(1);
    assertThat(site.targets).containsExactly("/m.mar?signature=s%2F1");
    archive.release().run();
    assertThat(rig.storeNames()).isEmpty();
    assertThat(rig.leftovers()).isEmpty();
  }

  @Test
  void withoutCredentialsNothingIsSignedAndNobodyAsked() {
    site.file("/m.mar", MODEL);
    assertThatThrownBy(() -> rig.marStore().fetch(site.url("/m.mar"), true))
        .hasMessageStartingWith("s3_sse_kms: true (expected: AWS_ACCESS_KEY_ID, ");
    assertThat(site.targets).isEmpty();
    assertThat(rig.leftovers()).isEmpty();
  }

  @Test
  void readsBodiesInChunks() {
    site.chunked("/m.mar", MODEL);
    rig.marStore().fetch(site.url("/m.mar"));
    assertThat(rig.store.resolve("m.mar")).hasBinaryContent(MODEL);
  }

  @Test
  void keepsNothingThatIsNoArchive() {
    site.file("/m.mar", Archives.bytes("<html>please log in</html>"));
    rig.refusal(site.url("/m.mar"), ErrorKind.ARCHIVE_INVALID);
  }

  @Test
  void asksForNothingWhenTheNameIsTaken() {
    rig.put("m.mar", MODEL);
    rig.refusal(site.url("/m.mar"), ErrorKind.CONFLICT);
    assertThat(site.targets).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 404, 500})
  void namesTheStatusOfAFailure(int status) {
    site.page("/m.mar", exchange -> exchange.sendResponseHeaders(status, -1));
    assertThat(rig.refusal(site.url("/m.mar?token=secret"), ErrorKind.DOWNLOAD_FAILED))
        .contains("/m.mar: status " + status + " (expected: 200)")
        .doesNotContain("secret");
  }

  @Test
  void refusesWhatIsTooLarge() {
    rig.maxDownloadBytes = MODEL.length - 1;
    site.file("/sized.mar", MODEL).chunked("/chunked.mar", MODEL);
    for (String path : List.of("/sized.mar", "/chunked.mar")) {
      assertThat(rig.refusal(site.url(path), ErrorKind.DOWNLOAD_FAILED))
          .contains("at most " + rig.maxDownloadBytes + " bytes");
    }
  }

  @Test
  void noticesABodyThatEndsEarly() {
    site.page(
        "/m.mar",
        exchange -> {
          exchange.sendResponseHeaders(200, MODEL.length);
          exchange.getResponseBody().write(MODEL, 0, MODEL.length / 2);
          exchange.getResponseBody().flush();
        });
    assertThat(rig.refusal(site.url("/m.mar"), ErrorKind.DOWNLOAD_FAILED)).contains("ended after");
  }

  @Test
  void followsPermittedRedirects() {
    site.file("/files/blob", MODEL)
        .redirect("/m.mar", 302, "/second")
        .redirect("/second", 307, site.url("/files/blob"));
    ModelArchive archive = rig.marStore().fetch(site.url("/m.mar"));
    assertThat(archive.defaultName()).isEqualTo("m");
    assertThat(rig.storeNames()).containsExactly("m.mar");
  }

  @Test
  void refusesRedirectsThatAreNotPermitted() {
    rig.allow("http://127\\.0\\.0\\.1:[0-9]+/open/.*");
    site.redirect("/open/m.mar", 302, "/closed/m.mar")
        .redirect("/open/f.mar", 301, "file:///etc/passwd")
        .redirect("/open/g.mar", 301, "gopher://h/x")
        .file("/closed/m.mar", MODEL);
    for (String path : List.of("/open/m.mar", "/open/f.mar", "/open/g.mar")) {
      rig.refusal(site.url(path), ErrorKind.URL_NOT_ALLOWED);
    }
    assertThat(site.targets).containsExactly("/open/m.mar", "/open/f.mar", "/open/g.mar");
  }

  @Test
  void followsAtMostFiveRedirects() {
    site.redirect("/m.mar", 302, "/m.mar");
    assertThat(rig.refusal(site.url("/m.mar"), ErrorKind.DOWNLOAD_FAILED)).contains("at most 5");
    assertThat(site.targets).hasSize(6);
  }

  @Test
  void refusesPrivateHostsUnlessTheConfigurationNamesAddresses() {
    site.file("/m.mar", MODEL);
    rig.allowedUrlsConfigured = false;
    String path = ":" + site.port() + "/m.mar";
    for (String host :
        List.of("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433")) {
      assertThat(rig.refusal("http://" + host + path, ErrorKind.URL_NOT_ALLOWED))
          .contains("private, local or reserved");
    }
    assertThat(site.targets).isEmpty();
  }

  @Test
  void refusesAHostWhenOneOfItsAddressesIsPrivate() {
    rig.allowedUrlsConfigured = false;
    rig.resolver =
        host -> List.of(InetAddress.getByName("93.184.216.34"), InetAddress.getByName("10.0.0.1"));
    rig.refusal("http://models.example/m.mar", ErrorKind.URL_NOT_ALLOWED);
  }

  @Test
  void looksAHostUpOnceAndConnectsToThatAddress() {
    site.file("/m.mar", MODEL);
    AtomicInteger lookUps = new AtomicInteger();
    rig.resolver =
        host -> {
          assertThat(host).isEqualTo("models.example");
          // A name that points elsewhere from its second look-up on.
          String address = lookUps.incrementAndGet() == 1 ? "127.0.0.1" : "192.0.2.1";
          return List.of(InetAddress.getByName(address));
        };
    String host = "models.example:" + site.port();
    rig.marStore().fetch("http://" + host + "/m.mar");
    assertThat(lookUps).hasValue(1);
    assertThat(site.hosts).containsExactly(host);
  }

  @Test
  void namesAnUnknownHostAndAClosedPort() {
    rig.resolver =
        host -> {
          throw new UnknownHostException(host);
        };
    assertThat(rig.refusal("http://nowhere.example/m.mar", ErrorKind.DOWNLOAD_FAILED))
        .contains("host is unknown");
    rig.resolver = HostResolver.SYSTEM;
    int port = site.port();
    site.close();
    rig.refusal("http://127.0.0.1:" + port + "/m.mar", ErrorKind.DOWNLOAD_FAILED);
  }

  @Test
  void endsInTimeWhenTheServerStalls() {
    rig.downloadTimeout = Duration.ofMillis(300);
    CountDownLatch testEnd = new CountDownLatch(1);
    site.page("/silent.mar", exchange -> await(testEnd));
    site.page(
        "/half.mar",
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write(1);
          exchange.getResponseBody().flush();
          await(testEnd);
        });
    for (String path : List.of("/silent.mar", "/half.mar")) {
      assertThat(rig.refusal(site.url(path), ErrorKind.DOWNLOAD_FAILED)).contains("took longer");
    }
    testEnd.countDown();
  }

  @Test
  void endsInTimeWhenTheServerDrips() {
    rig.downloadTimeout = Duration.ofMillis(400);
    CountDownLatch testEnd = new CountDownLatch(1);
    site.page(
        "/m.mar",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          // Each pause is far below the limit; only all together are above it.
          while (!await(testEnd, 20)) {
            exchange.getResponseBody().write(1);
            exchange.getResponseBody().flush();
          }
        });
    assertThat(rig.refusal(site.url("/m.mar"), ErrorKind.DOWNLOAD_FAILED)).contains("took longer");
    testEnd.countDown();
  }

  private static void await(CountDownLatch latch) {
    await(latch, 25_000);
  }

  private static boolean await(CountDownLatch latch, long millis) {
    try {
      return latch.await(millis, java.util.concurrent.TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }
}
