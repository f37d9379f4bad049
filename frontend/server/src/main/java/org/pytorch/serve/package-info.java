/** The main class that container toolkits and process checks of TorchServe look for. */
@NullMarked
package org.pytorch.serve;

import org.jspecify.annotations.NullMarked;
