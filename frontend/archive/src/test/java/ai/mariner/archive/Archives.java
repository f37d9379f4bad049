package ai.mariner.archive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Makes archives, good and hostile, in memory. */
final class Archives {
  static final String MANIFEST =
      """
      {"createdOn": "20/11/2026 07:18:57", "runtime": "python",
       "model": {"modelName": "echo", "handler": "h.py", "modelVersion": "1.10"},
       "archiverVersion": "0.12.0"}
      """;

  private Archives() {}

  /** Files of a small model. */
  static Map<String, String> model() {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("MAR-INF/MANIFEST.json", MANIFEST);
    files.put("h.py", "def handle(data, context):\n    return data\n");
    files.put("data/words.txt", "one two three\n".repeat(50));
    return files;
  }

  /** Files of a small model with options. */
  static Map<String, String> modelWithOptions(String yaml) {
    Map<String, String> files = model();
    files.put(
        "MAR-INF/MANIFEST.json",
        MANIFEST.replace("\"handler\"", "\"configFile\": \"model-config.yaml\", \"handler\""));
    files.put("model-config.yaml", yaml);
    return files;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] zip(Map<String, String> files) {
    Zip zip = new Zip();
    files.forEach((name, text) -> zip.file(name, bytes(text)));
    return zip.bytes();
  }

  static byte[] tarGz(String top, Map<String, String> files) {
    Tar tar = new Tar();
    files.forEach((name, text) -> tar.file(top + name, bytes(text)));
    return tar.gzipped();
  }

  /** A zip under construction; takes any name. */
  static final class Zip {
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private final ZipArchiveOutputStream out = new ZipArchiveOutputStream(buffer);

    Zip stored() {
      out.setMethod(java.util.zip.ZipEntry.STORED);
      return this;
    }

    Zip file(String name, byte[] content) {
      return entry(name, content, 0);
    }

    Zip entry(String name, byte[] content, int unixMode) {
      try {
        ZipArchiveEntry entry = new ZipArchiveEntry(name);
        if (unixMode != 0) {
          entry.setUnixMode(unixMode);
        }
        if (!entry.isDirectory()) {
          java.util.zip.CRC32 sum = new java.util.zip.CRC32();
          sum.update(content);
          entry.setSize(content.length);
          entry.setCrc(sum.getValue());
        }
        out.putArchiveEntry(entry);
        if (!entry.isDirectory()) {
          out.write(content);
        }
        out.closeArchiveEntry();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    byte[] bytes() {
      try {
        out.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return buffer.toByteArray();
    }
  }

  /** A tar under construction; takes any name and type. */
  static final class Tar {
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private final TarArchiveOutputStream out = new TarArchiveOutputStream(buffer, "UTF-8");

    Tar() {
      out.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
    }

    Tar file(String name, byte[] content) {
      return entry(name, TarConstants.LF_NORMAL, content, 0644);
    }

    Tar special(String name, byte type) {
      return entry(name, type, new byte[0], 0644);
    }

    Tar entry(String name, byte type, byte[] content, int mode) {
      try {
        TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
        entry.setSize(content.length);
        entry.setMode(mode);
        if (type == TarConstants.LF_SYMLINK || type == TarConstants.LF_LINK) {
          entry.setLinkName("/etc/passwd");
        }
        out.putArchiveEntry(entry);
        out.write(content);
        out.closeArchiveEntry();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    byte[] gzipped() {
      try {
        out.close();
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
          gzip.write(buffer.toByteArray());
        }
        return zipped.toByteArray();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
