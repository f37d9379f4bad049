package ai.mariner.core.model;

import java.util.List;

/** Where archives come from. Calls block and are made from threads that may. */
public interface ArchiveStore {
  /**
   * Finds, fetches and unpacks an archive.
   *
   * @param location name in the store, folder, or address
   * @param signed whether requests to the address are signed, as S3 wants it
   * @throws ai.mariner.core.error.ServeException with the reason; nothing is left behind then
   */
  ModelArchive fetch(String location, boolean signed);

  /** The same without a signature. */
  default ModelArchive fetch(String location) {
    return fetch(location, false);
  }

  /**
   * Locations of everything in the store that could be served, sorted.
   *
   * @param withoutManifest whether folders without a manifest may be models
   */
  List<String> list(boolean withoutManifest);
}
