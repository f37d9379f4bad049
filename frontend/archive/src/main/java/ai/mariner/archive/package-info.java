/** To be described. */
@NullMarked
package ai.mariner.archive;

import org.jspecify.annotations.NullMarked;
