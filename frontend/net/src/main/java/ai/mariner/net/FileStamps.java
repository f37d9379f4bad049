package ai.mariner.net;

import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TlsConfig.KeyStoreFile;
import ai.mariner.core.config.TlsConfig.PemFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * By what a change of the files of TLS is seen, also one behind a symbolic link.
 *
 * @param texts one for each file: time, size and which file it is
 */
record FileStamps(List<String> texts) {
  static FileStamps of(TlsConfig config) {
    List<Path> files = new ArrayList<>();
    if (config.keys() instanceof KeyStoreFile store) {
      files.add(store.path());
    } else if (config.keys() instanceof PemFiles pem) {
      files.add(pem.certificate());
      files.add(pem.privateKey());
    }
    Path authorities = config.clientAuthorities();
    if (authorities != null) {
      files.add(authorities);
    }
    return new FileStamps(files.stream().map(FileStamps::stamp).toList());
  }

  private static String stamp(Path file) {
    try {
      BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
      return facts.lastModifiedTime() + " " + facts.size() + " " + facts.fileKey();
    } catch (IOException e) {
      return "absent";
    }
  }
}
