package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.archive.Archives.Tar;
import ai.mariner.archive.Archives.Zip;
import ai.mariner.core.error.ErrorKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HostileArchiveTest {
  private static final byte[] SOME = Archives.bytes("some");

  @TempDir Path root;
  private StoreRig rig;

  @BeforeEach
  void makeRig() throws IOException {
    rig = new StoreRig(root);
  }

  private String refusal(byte[] archive) {
    rig.put("bad.mar", archive);
    String message = rig.refusal("bad.mar", ErrorKind.ARCHIVE_INVALID);
    assertThat(message).contains("(expected: ");
    return message;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../up.txt",
        "a/../../up.txt",
        "a/..",
        "/etc/up.txt",
        "//up.txt",
        "C:/up.txt",
        "..\\up.txt",
        "a\u0001b",
        "a\nb",
        "nul\u0000.txt",
        "a/./../b"
      })
  void refusesNamesThatLeadAway(String name) {
    assertThat(refusal(new Zip().file("ok.txt", SOME).file(name, SOME).bytes()))
        .startsWith("Archive entry: \"");
    if (name.indexOf(0) < 0) {
      assertThat(refusal(new Tar().file("ok.txt", SOME).file(name, SOME).gzipped()))
          .startsWith("Archive entry: \"");
    }
  }

  @Test
  void refusesNamesThatAreTooLongOrTooDeep() {
    assertThat(refusal(new Zip().file("n".repeat(256), SOME).bytes())).contains("255 bytes");
    assertThat(refusal(new Zip().file("a/".repeat(70) + "f", SOME).bytes())).contains("64 folders");
    assertThat(refusal(new Tar().file("n".repeat(300), SOME).gzipped())).contains("255 bytes");
  }

  @Test
  void refusesLinksAndDevices() {
    assertThat(refusal(new Zip().entry("link", SOME, 0120777).bytes()))
        .contains("\"link\" is a link");
    assertThat(refusal(new Zip().entry("pipe", SOME, 0010644).bytes()))
        .contains("\"pipe\" is a device");
    assertThat(refusal(new Tar().special("soft", TarConstants.LF_SYMLINK).gzipped()))
        .contains("\"soft\" is a link");
    assertThat(refusal(new Tar().special("hard", TarConstants.LF_LINK).gzipped()))
        .contains("\"hard\" is a link");
    for (byte type : new byte[] {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO}) {
      assertThat(refusal(new Tar().special("device", type).gzipped()))
          .contains("\"device\" is a device");
    }
    assertThat(refusal(new Tar().special("odd", (byte) 'Z').gzipped()))
        .contains("\"odd\" has type");
  }

  @Test
  void refusesDuplicates() {
    assertThat(refusal(new Zip().file("a.txt", SOME).file("./a.txt", SOME).bytes()))
        .contains("is there twice");
    assertThat(refusal(new Tar().file("x/a.txt", SOME).file("x//a.txt", SOME).gzipped()))
        .contains("is there twice");
    assertThat(refusal(new Zip().file("a", SOME).file("a/b", SOME).bytes()))
        .contains("both file and folder");
    assertThat(refusal(new Zip().file("a/b", SOME).file("a", SOME).bytes()))
        .contains("both file and folder");
  }

  @Test
  void refusesMoreBytesThanPermitted() {
    rig.maxArchiveBytes = 10_000;
    byte[] noise = new byte[11_000];
    new Random(1).nextBytes(noise);
    assertThat(refusal(new Zip().file("big", noise).bytes())).contains("at most that, max_archive");
    assertThat(refusal(new Tar().file("big", noise).gzipped())).contains("10000 bytes");
  }

  @Test
  void refusesBombsByTheirRatio() {
    rig.maxArchiveBytes = 1L << 40;
    byte[] zeros = new byte[24 << 20];
    assertThat(refusal(new Zip().file("zeros", zeros).bytes())).contains("200 times its size");
    assertThat(refusal(new Tar().file("zeros", zeros).gzipped())).contains("200 times its size");
  }

  @Test
  void allowsSmallArchivesThatCompressWell() {
    rig.maxArchiveBytes = 1L << 40;
    rig.put("zeros.mar", new Zip().file("zeros", new byte[8 << 20]).bytes());
    assertThat(rig.marStore().fetch("zeros.mar").directory().resolve("zeros")).hasSize(8 << 20);
  }

  @Test
  void refusesMoreEntriesThanPermitted() {
    Zip zip = new Zip();
    Tar tar = new Tar();
    for (int i = 0; i < 60; i++) {
      zip.file("f" + i, SOME);
      tar.file("f" + i, SOME);
    }
    assertThat(refusal(zip.bytes())).contains("more than 50 files and folders");
    assertThat(refusal(tar.gzipped())).contains("more than 50 files and folders");
    byte[] deep =
        new Zip().file("a/".repeat(40) + "f", SOME).file("b/".repeat(40) + "f", SOME).bytes();
    assertThat(refusal(deep)).contains("more than 50 files and folders");
  }

  @Test
  void refusesTarHeadersThatWouldFillTheMemory() {
    rig.maxArchiveBytes = 1L << 40;
    byte[] name = new byte[3 << 20];
    Arrays.fill(name, (byte) 'n');
    byte[] tar =
        new Tar().entry("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME, name, 0644).gzipped();
    assertThat(refusal(tar)).contains("header of more than");
  }

  @Test
  void refusesEncryptedEntries() {
    byte[] zip = new Zip().file("a.txt", SOME).bytes();
    int directory = find(zip, 0x02014b50);
    zip[6] |= 1;
    zip[directory + 8] |= 1;
    assertThat(refusal(zip)).contains("\"a.txt\" is encrypted");
  }

  @Test
  void refusesContentThatDoesNotMatchItsChecksum() {
    byte[] zip = new Zip().stored().file("a.txt", SOME).bytes();
    zip[find(zip, 0x04034b50) + 30 + "a.txt".length()] ^= 1;
    assertThat(refusal(zip)).contains("\"a.txt\" is damaged");
  }

  @Test
  void refusesWhatIsNoArchive() {
    assertThat(refusal(new byte[0])).contains("neither a zip nor");
    assertThat(refusal(Archives.bytes("<html>404</html>"))).contains("neither a zip nor");
    assertThat(refusal(new Zip().bytes())).contains("no files");
    assertThat(refusal(new Zip().entry("folder/", SOME, 0).bytes())).contains("no files");
    assertThat(refusal(new Tar().gzipped())).contains("no files");
  }

  @Test
  void refusesArchivesThatWereCutShort() {
    Random random = new Random(7);
    for (byte[] whole :
        new byte[][] {Archives.zip(Archives.model()), Archives.tarGz("echo/", Archives.model())}) {
      for (int i = 0; i < 60; i++) {
        refusal(Arrays.copyOf(whole, random.nextInt(whole.length)));
      }
      refusal(Arrays.copyOf(whole, whole.length - 1));
    }
  }

  @Test
  void refusesADirectoryThatLiesOutsideItsPlace() {
    byte[] zip = Archives.zip(Archives.model());
    int end = find(zip, 0x06054b50);
    for (int value : new int[] {0, -1, 1, Integer.MAX_VALUE, zip.length}) {
      byte[] bad = zip.clone();
      ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(end + 16, value);
      assertThat(refusal(bad)).contains("damaged or cut short");
    }
  }

  private static int find(byte[] bytes, int signature) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i + 4 <= bytes.length; i++) {
      if (buffer.getInt(i) == signature) {
        return i;
      }
    }
    throw new AssertionError("no such signature");
  }
}
