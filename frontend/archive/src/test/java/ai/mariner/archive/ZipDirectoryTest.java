package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ZipDirectoryTest {
  private static byte[] zip(int entries, Zip64Mode mode, String comment) throws IOException {
    ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(buffer)) {
      out.setUseZip64(mode);
      out.setComment(comment);
      for (int i = 0; i < entries; i++) {
        ZipArchiveEntry entry = new ZipArchiveEntry("f" + i);
        entry.setMethod(ZipArchiveEntry.STORED);
        entry.setSize(0);
        entry.setCrc(0);
        out.putArchiveEntry(entry);
        out.closeArchiveEntry();
      }
    }
    return buffer.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"0, Never", "1, Never", "300, Never", "3, Always", "300, Always", "66000, AsNeeded"})
  void countsTheEntriesOfEveryKindOfZip(int entries, Zip64Mode mode) throws IOException {
    byte[] zip = zip(entries, mode, "a comment");
    assertThatCode(() -> check(zip, entries)).doesNotThrowAnyException();
    if (entries > 0) {
      assertThatThrownBy(() -> check(zip, entries - 1)).hasMessageContaining("files and folders");
    }
  }

  private static void check(byte[] zip, int maxEntries) throws IOException {
    ZipDirectory.check(new SeekableInMemoryByteChannel(zip), maxEntries);
  }
}
