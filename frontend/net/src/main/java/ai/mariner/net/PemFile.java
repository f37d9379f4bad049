package ai.mariner.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The blocks of a PEM file.
 *
 * @param key configuration key that names it, for messages
 * @param path the file
 * @param blocks in their order
 */
record PemFile(String key, Path path, List<Block> blocks) {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final long MOST_BYTES = 1 << 20;

  /**
   * One block.
   *
   * @param label what it holds
   * @param text everything between its two lines
   */
  record Block(String label, String text) {
    /** Whether it is encrypted in OpenSSL's old way, which Java can't undo. */
    boolean isOldEncrypted() {
      return text.contains("Proc-Type:");
    }

    /** What its Base64 stands for; throws IllegalArgumentException when it is none. */
    byte[] bytes() {
      return Base64.getMimeDecoder().decode(text.strip());
    }
  }

  static PemFile read(String key, Path path) throws UnusableTlsException {
    String text = new String(bytes(key, path), StandardCharsets.ISO_8859_1);
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      blocks.add(new Block(matcher.group(1), matcher.group(2)));
    }
    return new PemFile(key, path, blocks);
  }

  /** The whole file, which must not be larger than any that holds keys. */
  static byte[] bytes(String key, Path path) throws UnusableTlsException {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw UnusableTlsException.of(key, path, "it is too large", "a file of at most 1 MiB");
      }
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw UnusableTlsException.of(key, path, "there is no such file", "an existing file");
    } catch (UnusableTlsException e) {
      throw e;
    } catch (IOException e) {
      throw UnusableTlsException.of(
          key,
          path,
          "it can't be read: " + e.getClass().getSimpleName() + ' ' + e.getMessage(),
          "a file that the server may read");
    }
  }

  /** All certificates in their order, at least one. */
  List<X509Certificate> certificates() throws UnusableTlsException {
    List<X509Certificate> found = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Block block : blocks) {
        if (block.label().equals(CERTIFICATE)) {
          var bytes = new ByteArrayInputStream(block.bytes());
          found.add((X509Certificate) factory.generateCertificate(bytes));
        }
      }
    } catch (CertificateException | IllegalArgumentException e) {
      throw UnusableTlsException.of(
          key, path, "a certificate in it is damaged: " + e.getMessage(), "X.509 in PEM");
    }
    if (found.isEmpty()) {
      throw UnusableTlsException.of(
          key, path, "no certificate in it", "PEM with BEGIN CERTIFICATE");
    }
    return found;
  }
}
