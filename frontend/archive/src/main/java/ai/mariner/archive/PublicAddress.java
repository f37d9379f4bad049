package ai.mariner.archive;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;

/** Tells addresses of the open internet from those of this machine and its neighbourhood. */
final class PublicAddress {
  /** Ranges of RFC 6890 that are not reachable from everywhere, as address and prefix length. */
  private static final Range[] RESERVED_V4 = {
    new Range(8, 0),
    new Range(8, 10),
    new Range(10, 100, 64),
    new Range(8, 127),
    new Range(16, 169, 254),
    new Range(12, 172, 16),
    new Range(24, 192, 0, 0),
    new Range(24, 192, 0, 2),
    new Range(24, 192, 88, 99),
    new Range(16, 192, 168),
    new Range(15, 198, 18),
    new Range(24, 198, 51, 100),
    new Range(24, 203, 0, 113),
    new Range(4, 224),
    new Range(4, 240),
  };

  private static final Range GLOBAL_V6 = new Range(3, 0x20);
  private static final Range TRANSLATED_V6 = new Range(96, 0, 0x64, 0xff, 0x9b);
  private static final Range SIX_TO_FOUR = new Range(16, 0x20, 0x02);
  private static final Range[] RESERVED_V6 = {
    // Protocol assignments, among them tunnels that hide the address of their end.
    new Range(23, 0x20, 0x01), new Range(32, 0x20, 0x01, 0x0d, 0xb8), new Range(20, 0x3f, 0xff),
  };

  private PublicAddress() {}

  /**
   * Whether an address is neither loopback, private, link-local, multicast, unspecified nor
   * otherwise reserved, in IPv4, IPv6, or IPv4 wrapped in IPv6.
   */
  static boolean isPublic(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      return isPublicV4(bytes);
    }
    if (TRANSLATED_V6.contains(bytes)) {
      return isPublicV4(Arrays.copyOfRange(bytes, 12, 16));
    }
    if (SIX_TO_FOUR.contains(bytes)) {
      return isPublicV4(Arrays.copyOfRange(bytes, 2, 6));
    }
    // Mapped and compatible forms lie outside of the global range; Java unwraps mapped ones itself.
    return GLOBAL_V6.contains(bytes) && !contains(RESERVED_V6, bytes);
  }

  private static boolean isPublicV4(byte[] bytes) {
    return !contains(RESERVED_V4, bytes);
  }

  private static boolean contains(Range[] ranges, byte[] address) {
    for (Range range : ranges) {
      if (range.contains(address)) {
        return true;
      }
    }
    return false;
  }

  private static final class Range {
    private final int prefixBits;
    private final int[] start;

    Range(int prefixBits, int... start) {
      this.prefixBits = prefixBits;
      this.start = start;
    }

    boolean contains(byte[] address) {
      for (int bit = 0; bit < prefixBits; bit++) {
        int octet = bit / 8;
        int wanted = octet < start.length ? start[octet] : 0;
        int mask = 0x80 >> (bit % 8);
        if ((address[octet] & mask) != (wanted & mask)) {
          return false;
        }
      }
      return true;
    }
  }
}
