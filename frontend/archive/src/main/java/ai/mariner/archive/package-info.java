/**
 * Model archives: where they may come from, how they are fetched and unpacked, and what the
 * frontend reads from them.
 *
 * <p>Everything that comes from an archive or over the network is taken as hostile: names, sizes,
 * counts and types are checked before they are used, and a failure leaves nothing behind.
 *
 * <p>Starting points: {@link ai.mariner.archive.MarStore} (the whole way), {@link
 * ai.mariner.archive.StoreLookup} (what a location means), {@link ai.mariner.archive.Unpacker},
 * {@link ai.mariner.archive.HttpDownload}, {@link ai.mariner.archive.ModelYamlReader}.
 */
@NullMarked
package ai.mariner.archive;

import org.jspecify.annotations.NullMarked;
