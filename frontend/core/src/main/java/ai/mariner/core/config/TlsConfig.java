package ai.mariner.core.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a listener speaks TLS.
 *
 * @param keys where the server's key and certificate are
 * @param clients whether clients show certificates
 * @param clientAuthorities PEM file of the authorities that may have signed them; absent: clients
 *     show none
 * @param protocols versions of the protocol, in Java's names
 * @param reloadInterval how often the files are looked at for a change
 */
public record TlsConfig(
    Keys keys,
    ClientCertificates clients,
    @Nullable Path clientAuthorities,
    List<String> protocols,
    Duration reloadInterval) {
  /** Java's name of TLS 1.2. */
  public static final String TLS_1_2 = "TLSv1.2";

  /** Java's name of TLS 1.3. */
  public static final String TLS_1_3 = "TLSv1.3";

  /** Keeps a copy. */
  public TlsConfig {
    protocols = List.copyOf(protocols);
  }

  /** Whether clients show certificates. */
  public enum ClientCertificates {
    /** They are not asked. */
    NONE,
    /** They are asked, and may have none; one that is shown must be good. */
    OPTIONAL,
    /** Nobody gets in without a good one. */
    REQUIRED
  }

  /** Where the server's private key and its certificates are. */
  public sealed interface Keys {}

  /**
   * Two PEM files.
   *
   * @param certificate the server's certificate, then those of its issuers
   * @param privateKey its private key: PKCS#8, PKCS#1 (RSA) or SEC 1 (EC)
   * @param password of the private key; absent: it is not encrypted
   */
  public record PemFiles(Path certificate, Path privateKey, @Nullable Secret password)
      implements Keys {}

  /**
   * A Java key store. Its first key counts.
   *
   * @param path the file
   * @param password of store and key
   * @param type Java's name of its format
   */
  public record KeyStoreFile(Path path, Secret password, String type) implements Keys {}
}
