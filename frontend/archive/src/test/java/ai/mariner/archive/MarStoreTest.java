package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.model.ModelArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MarStoreTest {
  @TempDir Path root;
  private StoreRig rig;

  @BeforeEach
  void makeRig() throws IOException {
    rig = new StoreRig(root);
  }

  private void assertWhole(ModelArchive archive) throws IOException {
    for (Map.Entry<String, String> file : Archives.model().entrySet()) {
      assertThat(archive.directory().resolve(file.getKey())).hasContent(file.getValue());
    }
    assertThat(archive.manifest().modelName()).isEqualTo("echo");
    assertThat(archive.manifest().modelVersion()).isEqualTo("1.10");
    assertThat(archive.manifest().handler()).isEqualTo("h.py");
    assertThat(archive.manifest().runtime()).isEqualTo("python");
    assertThat(archive.overrides()).isEqualTo(ModelOverrides.NONE);
  }

  @Test
  void unpacksDeflatedZipIntoFolderOfItsOwn() throws IOException {
    Path file = rig.put("m.mar", Archives.zip(Archives.model()));
    ModelArchive archive = rig.marStore().fetch("m.mar");
    assertWhole(archive);
    assertThat(archive.location()).isEqualTo("m.mar");
    assertThat(archive.defaultName()).isEqualTo("m");
    assertThat(archive.directory().getParent()).isEqualTo(rig.work.resolve("models"));
    assertThat(archive.directory().getFileName().toString()).matches("[0-9a-f]{32}");
    assertThat(rig.leftovers()).hasSize(1);

    archive.release().run();
    archive.release().run();
    assertThat(rig.leftovers()).isEmpty();
    assertThat(file).exists();
  }

  @Test
  void unpacksStoredZip() throws IOException {
    Archives.Zip zip = new Archives.Zip().stored();
    Archives.model().forEach((name, text) -> zip.file(name, Archives.bytes(text)));
    rig.put("m.mar", zip.bytes());
    assertWhole(rig.marStore().fetch("m.mar"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo/", "", "./", "./echo/"})
  void unpacksTarWithOrWithoutTopFolder(String top) throws IOException {
    rig.put("m.tar.gz", Archives.tarGz(top, Archives.model()));
    ModelArchive archive = rig.marStore().fetch("m.tar.gz");
    assertWhole(archive);
    assertThat(archive.defaultName()).isEqualTo("m");
    assertThat(rig.leftovers()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"echo/", "my model/"})
  void unpacksAZipThatHoldsTheFolderInsteadOfItsFiles(String top) throws IOException {
    Archives.Zip zip = new Archives.Zip();
    Archives.model().forEach((name, text) -> zip.file(top + name, Archives.bytes(text)));
    zip.file("__MACOSX/._echo", Archives.bytes("made by a packer"));
    rig.put("m.mar", zip.bytes());
    assertWhole(rig.marStore().fetch("m.mar"));
    assertThat(rig.leftovers()).hasSize(1);
  }

  @Test
  void passesOverFoldersOfTheStoreThatAreNoModels() throws IOException {
    rig.put("one.mar", Archives.zip(Archives.model()));
    StoreRig.unpackTo(rig.store.resolve("unpacked"), Archives.model());
    StoreRig.unpackTo(rig.store.resolve("wrapped").resolve("echo"), Archives.model());
    StoreRig.unpackTo(rig.store.resolve("bare"), Map.of("weights.pt", "x"));
    for (String name : List.of("lost+found", "old", "config", "__pycache__", "closed")) {
      Files.createDirectory(rig.store.resolve(name));
    }
    Files.write(rig.store.resolve("old/zero.mar"), Archives.zip(Archives.model()));
    Files.writeString(rig.store.resolve("config/config.properties"), "");
    Files.writeString(rig.store.resolve("__pycache__/h.cpython-311.pyc"), "");
    Files.setPosixFilePermissions(
        rig.store.resolve("lost+found"), PosixFilePermissions.fromString("---------"));
    assertThat(rig.marStore().list(false)).containsExactly("one.mar", "unpacked", "wrapped");
    assertThat(rig.marStore().list(true)).containsExactly("bare", "one.mar", "unpacked", "wrapped");
  }

  @Test
  void believesContentMoreThanName() throws IOException {
    rig.put("tar.mar", Archives.tarGz("echo/", Archives.model()));
    rig.put("zip.tar.gz", Archives.zip(Archives.model()));
    assertWhole(rig.marStore().fetch("tar.mar"));
    assertWhole(rig.marStore().fetch("zip.tar.gz"));
  }

  @Test
  void givesFilesToTheirOwnerOnlyAndKeepsTheExecutableBit() throws IOException {
    rig.put(
        "m.mar",
        new Archives.Zip()
            .entry("run.sh", Archives.bytes("#!/bin/sh\n"), 0100777)
            .entry("plain.py", Archives.bytes("x = 1\n"), 0100666)
            .bytes());
    Path folder = rig.marStore().fetch("m.mar").directory();
    assertThat(mode(folder)).isEqualTo("rwx------");
    assertThat(mode(folder.resolve("run.sh"))).isEqualTo("rwx------");
    assertThat(mode(folder.resolve("plain.py"))).isEqualTo("rw-------");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void usesFolderInPlaceAndNeverDeletesIt() throws IOException {
    Path folder = StoreRig.unpackTo(rig.store.resolve("echo"), Archives.model());
    ModelArchive archive = rig.marStore().fetch("echo");
    assertThat(archive.directory()).isEqualTo(folder);
    assertWhole(archive);
    archive.release().run();
    assertThat(folder.resolve("h.py")).exists();
    assertThat(rig.leftovers()).isEmpty();
  }

  @Test
  void takesTheInnerOneOfAFolderThatHoldsOnlyAFolder() throws IOException {
    Path inner = StoreRig.unpackTo(rig.store.resolve("outer/inner"), Archives.model());
    ModelArchive archive = rig.marStore().fetch("outer");
    assertThat(archive.directory()).isEqualTo(inner);
    assertThat(archive.defaultName()).isEqualTo("outer");
  }

  @Test
  void servesArchiveWithoutManifestUnderItsFileName() {
    rig.put("resnet-18.tar.gz", Archives.tarGz("", Map.of("a.py", "", "b.py", "")));
    ModelArchive archive = rig.marStore().fetch("resnet-18.tar.gz");
    assertThat(archive.manifest().modelName()).isNull();
    assertThat(archive.manifest().modelVersion()).isEqualTo("1.0");
    assertThat(archive.manifest().handler()).isNull();
    assertThat(archive.defaultName()).isEqualTo("resnet_18");
  }

  @Test
  void readsOptionsOfTheArchive() {
    rig.put("m.mar", Archives.zip(Archives.modelWithOptions("batchSize: 8\nhandler: {a: 1}\n")));
    assertThat(rig.marStore().fetch("m.mar").overrides())
        .isEqualTo(ModelOverrides.builder().batchSize(8).build());
  }

  @Test
  void refusesBadOptionsAndLeavesNothing() {
    rig.put("m.mar", Archives.zip(Archives.modelWithOptions("\nbatchSize: 0\n")));
    assertThat(rig.refusal("m.mar", ErrorKind.ARCHIVE_INVALID))
        .contains("model-config.yaml line 2: batchSize: 0 (expected: a whole number >= 1");
  }

  @Test
  void refusesOptionsThatAreNotThere() {
    Map<String, String> files = Archives.modelWithOptions("");
    files.remove("model-config.yaml");
    rig.put("m.mar", Archives.zip(files));
    assertThat(rig.refusal("m.mar", ErrorKind.ARCHIVE_INVALID)).contains("model.configFile");
  }

  @Test
  void refusesOptionsBehindALinkThatLeavesTheFolder() throws IOException {
    Map<String, String> files = Archives.modelWithOptions("");
    files.remove("model-config.yaml");
    Path folder = StoreRig.unpackTo(rig.store.resolve("m"), files);
    Path outside = Files.writeString(root.resolve("secret.yaml"), "batchSize: 3\n");
    Files.createSymbolicLink(folder.resolve("model-config.yaml"), outside);
    assertThat(rig.refusal("m", ErrorKind.ARCHIVE_INVALID)).contains("model.configFile");
  }

  @Test
  void releaseDoesNotFollowLinksThatAHandlerMade() throws IOException {
    rig.put("m.mar", Archives.zip(Archives.model()));
    ModelArchive archive = rig.marStore().fetch("m.mar");
    Path precious = Files.createDirectory(root.resolve("precious"));
    Files.writeString(precious.resolve("weights"), "w");
    Files.createSymbolicLink(archive.directory().resolve("link"), precious);
    Path closed = Files.createDirectory(archive.directory().resolve("closed"));
    Files.writeString(closed.resolve("file"), "f");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    archive.release().run();
    assertThat(rig.leftovers()).isEmpty();
    assertThat(precious.resolve("weights")).exists();
  }

  @Test
  void reportsAWorkFolderThatIsNotWritable() throws IOException {
    rig.put("m.mar", Archives.zip(Archives.model()));
    Files.writeString(rig.work, "a file where the folder should be");
    assertThat(rig.refusal("m.mar", ErrorKind.INTERNAL)).contains("work folder is full");
    assertThat(rig.work).isRegularFile();
  }

  @Test
  void namesAStoreThatCanNotBeRead() throws IOException {
    MarStore marStore = rig.marStore();
    Files.delete(rig.store);
    assertThatThrownBy(() -> marStore.list(false))
        .hasMessage("model_store: " + rig.store + " can't be read (expected: a readable folder)");
  }

  @Test
  void listsWhatCouldBeServed() throws IOException {
    for (String name : List.of("b.mar", "a.model", "c.tar.gz", "d.tgz", "e.txt", ".hidden.mar")) {
      rig.put(name, new byte[0]);
    }
    StoreRig.unpackTo(rig.store.resolve("folder"), Archives.model());
    Files.createDirectory(rig.store.resolve(".git"));
    assertThat(rig.marStore().list(false))
        .containsExactly("a.model", "b.mar", "c.tar.gz", "d.tgz", "folder");
  }
}
