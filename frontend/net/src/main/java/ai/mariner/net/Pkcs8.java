package ai.mariner.net;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Puts OpenSSL's two bare forms of private keys into PKCS#8, the one form that Java reads. */
final class Pkcs8 {
  private static final int INTEGER = 0x02;
  private static final int OCTETS = 0x04;
  private static final int SEQUENCE = 0x30;

  /** Tag of the curve's name in a key of SEC 1. */
  private static final int PARAMETERS = 0xa0;

  /** Object identifier 1.2.840.113549.1.1.1 and its empty parameters. */
  private static final byte[] RSA = HexFormat.of().parseHex("06092a864886f70d0101010500");

  /** Object identifier 1.2.840.10045.2.1. */
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

  private Pkcs8() {}

  /** A key of PKCS#1. */
  static byte[] ofRsa(byte[] key) {
    return whole(RSA, key);
  }

  /** A key of SEC 1; {@code null}: it names no curve. */
  static byte @Nullable [] ofEc(byte[] key) {
    int[] outer = contents(key, 0);
    int at = outer == null ? key.length : outer[0];
    while (at < key.length) {
      int[] field = contents(key, at);
      if (field == null) {
        return null;
      }
      if ((key[at] & 0xff) == PARAMETERS) {
        byte[] curve = Arrays.copyOfRange(key, field[0], field[1]);
        return whole(joined(EC, curve), key);
      }
      at = field[1];
    }
    return null;
  }

  private static byte[] whole(byte[] algorithm, byte[] key) {
    byte[] version = element(INTEGER, new byte[] {0});
    return element(SEQUENCE, joined(version, element(SEQUENCE, algorithm), element(OCTETS, key)));
  }

  /** Begin and end of the contents of the element at an index; {@code null}: there is none. */
  private static int @Nullable [] contents(byte[] der, int at) {
    if (at + 2 > der.length) {
      return null;
    }
    int length = der[at + 1] & 0xff;
    int begin = at + 2;
    if (length >= 0x80) {
      int bytes = length & 0x7f;
      if (bytes > 3 || begin + bytes > der.length) {
        return null;
      }
      length = 0;
      for (int i = 0; i < bytes; i++) {
        length = (length << 8) | (der[begin + i] & 0xff);
      }
      begin += bytes;
    }
    return begin + length > der.length ? null : new int[] {begin, begin + length};
  }

  private static byte[] element(int tag, byte[] contents) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (contents.length < 0x80) {
      out.write(contents.length);
    } else {
      int bytes = contents.length < 0x100 ? 1 : contents.length < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(contents.length >> (8 * i));
      }
    }
    out.writeBytes(contents);
    return out.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
