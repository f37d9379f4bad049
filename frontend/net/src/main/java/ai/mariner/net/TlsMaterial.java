package ai.mariner.net;

import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TlsConfig.KeyStoreFile;
import ai.mariner.core.config.TlsConfig.PemFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the files of TLS hold, checked: the key belongs to the first certificate.
 *
 * @param key private key of the server
 * @param chain its certificate, then those of its issuers
 * @param clientAuthorities who may have signed the certificates of clients; empty: nobody is asked
 * @param source where the certificate comes from, for messages
 */
public record TlsMaterial(
    PrivateKey key,
    List<X509Certificate> chain,
    List<X509Certificate> clientAuthorities,
    String source) {
  private static final String CERTIFICATE_FILE = "certificate_file";

  /** Keeps copies. */
  public TlsMaterial {
    chain = List.copyOf(chain);
    clientAuthorities = List.copyOf(clientAuthorities);
  }

  // A log must not hold keys.
  @Override
  public String toString() {
    return "TlsMaterial[" + source + "]";
  }

  /**
   * Reads the files.
   *
   * @throws UnusableTlsException if one can't be used, or they don't belong together
   */
  public static TlsMaterial read(TlsConfig config) throws UnusableTlsException {
    Path authorities = config.clientAuthorities();
    List<X509Certificate> trusted =
        authorities == null
            ? List.of()
            : PemFile.read("client_ca_file", authorities).certificates();
    if (config.keys() instanceof KeyStoreFile store) {
      return ofStore(store, trusted);
    }
    return ofPem((PemFiles) config.keys(), trusted);
  }

  private static TlsMaterial ofPem(PemFiles files, List<X509Certificate> trusted)
      throws UnusableTlsException {
    List<X509Certificate> chain =
        PemFile.read(CERTIFICATE_FILE, files.certificate()).certificates();
    PrivateKey key =
        new PemKey(PemFile.read("private_key_file", files.privateKey()), files.password()).read();
    if (!belongs(key, chain.get(0).getPublicKey())) {
      boolean later = chain.stream().anyMatch(other -> belongs(key, other.getPublicKey()));
      throw UnusableTlsException.of(
          "private_key_file",
          files.privateKey(),
          "its key does not belong to the "
              + (later ? "first certificate" : "certificate")
              + " in certificate_file "
              + files.certificate(),
          later
              ? "the server's certificate first, then those of its issuers"
              : "the private key of that certificate");
    }
    return new TlsMaterial(key, chain, trusted, CERTIFICATE_FILE + ": " + files.certificate());
  }

  private static TlsMaterial ofStore(KeyStoreFile file, List<X509Certificate> trusted)
      throws UnusableTlsException {
    char[] password = file.password().text().toCharArray();
    try {
      KeyStore store = KeyStore.getInstance(file.type());
      store.load(new ByteArrayInputStream(PemFile.bytes("keystore", file.path())), password);
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias) && store.getKey(alias, password) instanceof PrivateKey key) {
          return new TlsMaterial(
              key, chain(store.getCertificateChain(alias)), trusted, "keystore: " + file.path());
        }
      }
    } catch (UnusableTlsException e) {
      throw e;
    } catch (UnrecoverableKeyException e) {
      throw wrongPassword(file, e);
    } catch (KeyStoreException e) {
      throw new UnusableTlsException(
          "keystore_type: " + file.type() + " (expected: pkcs12 or jks)", e);
    } catch (IOException | GeneralSecurityException e) {
      if (e.getCause() instanceof UnrecoverableKeyException) {
        throw wrongPassword(file, e);
      }
      throw UnusableTlsException.of(
          "keystore",
          file.path(),
          String.valueOf(e.getMessage()),
          "a " + file.type() + " key store");
    }
    throw UnusableTlsException.of(
        "keystore", file.path(), "no private key in it", "a store with key and certificate");
  }

  private static UnusableTlsException wrongPassword(KeyStoreFile file, Exception cause) {
    return new UnusableTlsException(
        "keystore_pass: *** does not open "
            + file.path()
            + " (expected: the password of the key store and its key)",
        cause);
  }

  private static List<X509Certificate> chain(Certificate @Nullable [] entries) {
    List<X509Certificate> chain = new ArrayList<>();
    if (entries != null) {
      for (Certificate entry : entries) {
        chain.add((X509Certificate) entry);
      }
    }
    return chain;
  }

  private static boolean belongs(PrivateKey key, PublicKey other) {
    if (key instanceof RSAKey rsa) {
      return other instanceof RSAKey its && its.getModulus().equals(rsa.getModulus());
    }
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : key.getAlgorithm();
    byte[] sample = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(sample);
      byte[] signed = signature.sign();
      signature.initVerify(other);
      signature.update(sample);
      return signature.verify(signed);
    } catch (GeneralSecurityException ofAnotherAlgorithm) {
      return false;
    }
  }

  /** Why clients won't take the certificates at a moment; {@code null}: their time is right. */
  public @Nullable String untimely(Instant now) {
    for (X509Certificate certificate : chain) {
      String whose = source + ": the certificate of " + certificate.getSubjectX500Principal();
      if (now.isAfter(certificate.getNotAfter().toInstant())) {
        return whose
            + " has expired on "
            + certificate.getNotAfter().toInstant()
            + " (expected: one that is valid)";
      }
      if (now.isBefore(certificate.getNotBefore().toInstant())) {
        return whose
            + " is not valid before "
            + certificate.getNotBefore().toInstant()
            + " (expected: one that is valid)";
      }
    }
    return null;
  }

  /** When the first of its certificates ends. */
  public Instant end() {
    Instant end = Instant.MAX;
    for (X509Certificate certificate : chain) {
      Instant other = certificate.getNotAfter().toInstant();
      end = other.isBefore(end) ? other : end;
    }
    return end;
  }
}
