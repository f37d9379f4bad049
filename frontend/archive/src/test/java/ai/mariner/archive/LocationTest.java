package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.ModelArchive;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LocationTest {
  @TempDir Path root;
  private StoreRig rig;

  @BeforeEach
  void makeRig() throws IOException {
    rig = new StoreRig(root);
  }

  @ParameterizedTest
  @ValueSource(strings = {"m.mar", "a/b/m.mar", "/nowhere/m.mar", "./m.mar"})
  void onlyTheLastComponentNamesAFileOfTheStore(String location) {
    rig.put("m.mar", Archives.zip(Archives.model()));
    assertThat(rig.marStore().fetch(location).manifest().modelName()).isEqualTo("echo");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../m.mar",
        "a/../m.mar",
        "..",
        "/a/../../etc",
        "file:///a/../m.mar",
        "file:///a/%2e%2e/m.mar",
        "http://h/a/..%2Fm.mar",
        "http://h/../m.mar"
      })
  void refusesParents(String location) {
    rig.allow(".*");
    rig.put("m.mar", Archives.zip(Archives.model()));
    assertThat(rig.refusal(location, ErrorKind.ARCHIVE_NOT_FOUND))
        .startsWith("Relative path is not allowed in url: ");
  }

  @Test
  void twoDotsWithinANameAreNoParent() {
    rig.put("m..2.mar", Archives.zip(Archives.model()));
    assertThat(rig.marStore().fetch("m..2.mar").defaultName()).isEqualTo("m__2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "missing.mar", "a\u0000b", "a\nb.mar"})
  void saysWhatWasNotFound(String location) {
    assertThat(rig.refusal(location, ErrorKind.ARCHIVE_NOT_FOUND)).contains("(expected: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "./", "/", "some/folder/", "/etc"})
  void refusesFoldersThatAreNotPermitted(String location) {
    assertThat(rig.refusal(location, ErrorKind.URL_NOT_ALLOWED)).contains("allowed_urls");
  }

  @Test
  void servesAFolderElsewhereOnlyWhenItsAddressIsPermitted() throws IOException {
    Path folder = StoreRig.unpackTo(root.resolve("elsewhere/echo"), Archives.model());
    String refusal = rig.refusal(folder.toString(), ErrorKind.URL_NOT_ALLOWED);
    String other = rig.refusal(root + "/elsewhere/none", ErrorKind.URL_NOT_ALLOWED);
    assertThat(refusal.replace("echo", "none")).isEqualTo(other);

    rig.allow("FILE://" + root + "/elsewhere/.*");
    ModelArchive archive = rig.marStore().fetch(folder.toString());
    assertThat(archive.directory()).isEqualTo(folder);
    assertThat(rig.marStore().fetch("file://" + folder).directory()).isEqualTo(folder);
    archive.release().run();
    assertThat(folder.resolve("h.py")).exists();
  }

  @Test
  void servesAFolderBelowTheStoreByItsPath() throws IOException {
    Path folder = StoreRig.unpackTo(rig.store.resolve("group/echo"), Archives.model());
    assertThat(rig.marStore().fetch(folder.toString()).directory()).isEqualTo(folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://h/m.mar",
        "s3://bucket/m.mar",
        "jar:file://h/m.mar",
        "file://host/m.mar",
        "http://h/",
        "http://h",
        "http://h/a%2Fb%5Cc.mar",
        "http://h/.mar",
        "http:///m.mar",
        "http://h:99999/m.mar",
        "http://u:secret@h/m.mar",
        "http://[fe80::1%25e]/m.mar",
        "http://a b/m.mar",
        "http://h/m.mar\\@x",
        "file:///m.mar?x"
      })
  void refusesAddressesOfOddForm(String location) {
    rig.allow(".*");
    rig.resolver = host -> List.of(InetAddress.getLoopbackAddress());
    assertThat(rig.refusal(location).kind())
        .isIn(ErrorKind.URL_NOT_ALLOWED, ErrorKind.ARCHIVE_NOT_FOUND);
    assertThat(rig.refusal(location).message()).contains("expected: ").doesNotContain("secret");
  }

  @Test
  void refusesAddressesThatNoPatternMatchesAsAWhole() {
    rig.allow("http://good/m\\.mar");
    for (String url : new String[] {"http://good/m.mar?x", "http://bad/http://good/m.mar"}) {
      assertThat(rig.refusal(url, ErrorKind.URL_NOT_ALLOWED))
          .contains("does not match any allowed URL(s)")
          .contains("allowed_urls");
    }
  }

  @Test
  void copiesAPermittedFileToTheStoreAndTakesItBackAtRelease() throws IOException {
    Path file = Files.write(root.resolve("my model.mar"), Archives.zip(Archives.model()));
    rig.allow("file://.*");
    ModelArchive archive = rig.marStore().fetch("file://" + file);
    assertThat(rig.storeNames()).containsExactly("my model.mar");
    assertThat(rig.leftovers()).hasSize(1);
    archive.release().run();
    assertThat(rig.storeNames()).isEmpty();
    assertThat(rig.leftovers()).isEmpty();
    assertThat(file).exists();
  }

  @Test
  void leavesAFileThatReplacedTheCopy() throws IOException {
    Path file = Files.write(root.resolve("m.mar"), Archives.zip(Archives.model()));
    rig.allow("file://.*");
    ModelArchive archive = rig.marStore().fetch("file://" + file);
    Files.delete(rig.store.resolve("m.mar"));
    rig.put("m.mar", Archives.bytes("the user's own"));
    archive.release().run();
    assertThat(rig.store.resolve("m.mar")).hasContent("the user's own");
  }

  @Test
  void doesNotOverwriteWhatIsInTheStore() throws IOException {
    Path file = Files.write(root.resolve("m.mar"), Archives.zip(Archives.model()));
    rig.allow("file://.*").put("m.mar", Archives.bytes("other"));
    assertThat(rig.refusal("file://" + file, ErrorKind.CONFLICT))
        .startsWith("Model file already exists m.mar");
    assertThat(rig.store.resolve("m.mar")).hasContent("other");
  }

  @Test
  void takesTheStoresOwnFileByItsAddress() {
    Path file = rig.allow("file://.*").put("m.mar", Archives.zip(Archives.model()));
    rig.marStore().fetch("file://" + file).release().run();
    assertThat(file).exists();
  }

  @Test
  void keepsNothingWhenTheStoreDoesNotTakeTheCopy() throws IOException {
    Path file = Files.write(root.resolve("m.mar"), Archives.zip(Archives.model()));
    rig.allow("file://.*");
    Files.delete(rig.store);
    assertThat(rig.refusal("file://" + file, ErrorKind.INTERNAL))
        .contains("the model store is full");
  }

  @Test
  void givesAFreeNameToOnlyOneOfSeveralFetches() throws Exception {
    Path file = Files.write(root.resolve("m.mar"), Archives.zip(Archives.model()));
    MarStore store = rig.allow("file://.*").marStore();
    AtomicInteger served = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          new Thread(
              () -> {
                try {
                  store.fetch("file://" + file);
                  served.incrementAndGet();
                } catch (ServeException e) {
                  refused.addAndGet(e.failure().kind() == ErrorKind.CONFLICT ? 1 : 100);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(served).hasValue(1);
    assertThat(refused).hasValue(3);
    assertThat(rig.leftovers()).hasSize(1);
    assertThat(rig.storeNames()).containsExactly("m.mar");
  }

  @Test
  void keepsNothingOfAFileThatIsNoArchive() throws IOException {
    Path file = Files.writeString(root.resolve("passwords"), "root:x:0:0\n");
    rig.allow("file://.*");
    rig.refusal("file://" + file, ErrorKind.ARCHIVE_INVALID);
    rig.refusal("file://" + root + "/none.mar", ErrorKind.DOWNLOAD_FAILED);
    rig.maxDownloadBytes = 4;
    assertThat(rig.refusal("file://" + file, ErrorKind.DOWNLOAD_FAILED))
        .contains("at most 4 bytes");
  }
}
