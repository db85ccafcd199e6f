################################################################################
#
# wakefd
#
################################################################################

WAKEFD_VERSION = 0.1.0
# The sources with the crates of `cargo vendor` in vendor/ and a .cargo/config.toml that names
# them: see packaging/README.md.
WAKEFD_SITE = $(BR2_EXTERNAL_WAKEFD_PATH)/wakefd-$(WAKEFD_VERSION)
WAKEFD_SITE_METHOD = local
WAKEFD_LICENSE = MIT or Apache-2.0
WAKEFD_LICENSE_FILES = LICENSE-MIT LICENSE-APACHE
WAKEFD_INSTALL_STAGING = YES
WAKEFD_DEPENDENCIES = host-rustc

# generic-package and not cargo-package, which installs programs alone. capi/Makefile calls cargo,
# and links the shared library with the target's C compiler.
WAKEFD_MAKE = $(TARGET_MAKE_ENV) $(PKG_CARGO_ENV) $(MAKE) -C $(@D)/capi $(TARGET_CONFIGURE_OPTS) \
	TARGET=$(RUSTC_TARGET_NAME) CARGOFLAGS=--offline PREFIX=/usr

# Which parts Buildroot's choice of libraries leaves.
ifeq ($(BR2_STATIC_LIBS),y)
WAKEFD_BUILD = static man
WAKEFD_STAGING = install-static
WAKEFD_TARGET =
else
WAKEFD_BUILD = all
WAKEFD_STAGING = install
WAKEFD_TARGET = install-runtime
endif

define WAKEFD_BUILD_CMDS
	$(WAKEFD_MAKE) $(WAKEFD_BUILD)
endef

define WAKEFD_INSTALL_STAGING_CMDS
	$(WAKEFD_MAKE) $(WAKEFD_STAGING) DESTDIR=$(STAGING_DIR)
endef

define WAKEFD_INSTALL_TARGET_CMDS
	$(if $(WAKEFD_TARGET),$(WAKEFD_MAKE) $(WAKEFD_TARGET) DESTDIR=$(TARGET_DIR))
endef

$(eval $(generic-package))
