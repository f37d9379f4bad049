package ai.mariner.net;

import ai.mariner.core.config.Secret;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/** Reads a private key in any form that OpenSSL writes, but for its old encryption. */
final class PemKey {
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
  private static final String EXPECTED =
      "PEM with BEGIN PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY or ENCRYPTED PRIVATE KEY";

  private final PemFile file;
  private final @Nullable Secret password;

  /**
   * A reader.
   *
   * @param file has the key
   * @param password of the key, if it is encrypted
   */
  PemKey(PemFile file, @Nullable Secret password) {
    this.file = file;
    this.password = password;
  }

  /** The first private key of the file. */
  PrivateKey read() throws UnusableTlsException {
    for (PemFile.Block block : file.blocks()) {
      if (block.label().endsWith("PRIVATE KEY")) {
        return key(block);
      }
    }
    throw problem("no private key in it", EXPECTED);
  }

  private PrivateKey key(PemFile.Block block) throws UnusableTlsException {
    if (block.isOldEncrypted()) {
      throw problem(
          "it is encrypted in a way that Java can't undo",
          "PKCS#8, as `openssl pkcs8 -topk8 -in FILE -out FILE.pk8` makes it");
    }
    byte[] bytes;
    try {
      bytes = block.bytes();
    } catch (IllegalArgumentException e) {
      throw problem("its private key is damaged: " + e.getMessage(), EXPECTED);
    }
    return switch (block.label()) {
      case "PRIVATE KEY" -> made(bytes);
      case "RSA PRIVATE KEY" -> made(Pkcs8.ofRsa(bytes));
      case "EC PRIVATE KEY" -> made(ofEc(bytes));
      case "ENCRYPTED PRIVATE KEY" -> made(decrypted(bytes));
      default -> throw problem(block.label() + " is of no use", EXPECTED);
    };
  }

  private byte[] ofEc(byte[] bytes) throws UnusableTlsException {
    byte[] whole = Pkcs8.ofEc(bytes);
    if (whole == null) {
      throw problem(
          "it does not name its curve", "PKCS#8, as `openssl pkcs8 -topk8 -nocrypt` makes it");
    }
    return whole;
  }

  private byte[] decrypted(byte[] bytes) throws UnusableTlsException {
    if (password == null) {
      throw problem("its key is encrypted", "private_key_pass is set");
    }
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(bytes);
      // PBES2 is one name for many; its parameters say which.
      var parameters = info.getAlgParameters();
      String algorithm = parameters == null ? info.getAlgName() : parameters.toString();
      if (!algorithm.startsWith("PBE")) {
        algorithm = info.getAlgName();
      }
      PBEKeySpec spec = new PBEKeySpec(password.text().toCharArray());
      Cipher cipher = Cipher.getInstance(algorithm);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(algorithm).generateSecret(spec),
          parameters);
      return info.getKeySpec(cipher).getEncoded();
    } catch (IOException | GeneralSecurityException e) {
      throw new UnusableTlsException(
          "private_key_pass: *** does not open "
              + file.path()
              + " (expected: the password of that private key): "
              + e.getMessage(),
          e);
    }
  }

  private PrivateKey made(byte[] pkcs8) throws UnusableTlsException {
    for (String algorithm : ALGORITHMS) {
      PrivateKey key = madeOf(algorithm, pkcs8);
      if (key != null) {
        return key;
      }
    }
    throw problem(
        "its private key is damaged or of an unknown algorithm", "an RSA, EC or EdDSA key");
  }

  private static @Nullable PrivateKey madeOf(String algorithm, byte[] pkcs8) {
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException ofAnotherAlgorithm) {
      return null;
    }
  }

  private UnusableTlsException problem(String reason, String expected) {
    return UnusableTlsException.of(file.key(), file.path(), reason, expected);
  }
}
