package ai.mariner.server.config;

import ai.mariner.core.config.TlsConfig;
import ai.mariner.net.TlsMaterial;
import ai.mariner.net.UnusableTlsException;

/** Reads the files of TLS. */
@FunctionalInterface
public interface TlsProbe {
  /**
   * Reads and checks them.
   *
   * @throws UnusableTlsException if one can't be used
   */
  TlsMaterial read(TlsConfig config) throws UnusableTlsException;
}
